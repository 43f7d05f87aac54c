import type { IncomingHttpHeaders } from 'node:http';
import { cbor, dateToTag } from '@smithy/core/cbor';

/** How an operation's input and output stand in a body. Times are seconds in, and `Date` out. */
export interface WireFormat {
  readonly headers: Readonly<Record<string, string>>;
  /** Throws on what it cannot read. */
  read(bytes: Buffer): unknown;
  write(body: unknown): string | Uint8Array;
}

/** AWS JSON 1.0 and 1.1, which differ in the name only. */
function awsJson(contentType: string): WireFormat {
  return {
    headers: { 'content-type': contentType },
    read: (bytes) => JSON.parse(bytes.toString() || '{}'),
    write: (body) => JSON.stringify(changed(body, (date) => date.getTime() / 1000)),
  };
}

const JSON_1_0 = awsJson('application/x-amz-json-1.0');
const JSON_1_1 = awsJson('application/x-amz-json-1.1');

/** Smithy RPC v2 with CBOR, which botocore speaks to CloudWatch. */
const CBOR: WireFormat = {
  headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
  read: (bytes) => (bytes.length === 0 ? {} : withoutTags(cbor.deserialize(bytes))),
  write: (body) => cbor.serialize(changed(body, dateToTag)),
};

/** The format of a request, which is the format of its answer too. */
export function wireFormatOf(headers: IncomingHttpHeaders): WireFormat {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return CBOR;
  return headers['content-type'] === 'application/x-amz-json-1.0' ? JSON_1_0 : JSON_1_1;
}

/** A copy in which every `Date` is what the format makes of it; members that are undefined are left out. */
function changed(value: unknown, ofDate: (date: Date) => unknown): unknown {
  if (value instanceof Date) return ofDate(value);
  if (Array.isArray(value)) return value.map((one) => changed(one, ofDate));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, changed(member, ofDate)]),
  );
}

/** A tagged value is a time, and the value is its seconds. */
function withoutTags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTags);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if ('tag' in value && 'value' in value && value.tag === 1) return value.value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withoutTags(member)]),
  );
}
