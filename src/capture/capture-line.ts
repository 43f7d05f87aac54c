import { isUtf8 } from 'node:buffer';
import type { CaptureSettings } from './capture-settings.ts';
import type { CapturedBody, CapturedInvocation, CapturedStage } from './captured-invocation.ts';

/** A text that JSON makes longer than this is captured as base64: what is held stays in bounds. */
const LARGEST_GROWTH = 2;

type TextTypes = Pick<CaptureSettings, 'csvContentTypes' | 'jsonContentTypes'>;

/** One invocation as a line of a capture file, with its line end (reference section 3.5). Pure. */
export function captureLine(invocation: CapturedInvocation, types: TextTypes): string {
  const { eventId, inferenceId, time, input, output, stages } = invocation;
  const line = {
    captureData: {
      ...(input && { endpointInput: bodyOf(input, 'INPUT', types) }),
      ...(output && { endpointOutput: bodyOf(output, 'OUTPUT', types) }),
      ...(stages && { stages: stages.map((stage) => stageOf(stage, types)) }),
    },
    eventMetadata: {
      eventId,
      ...(inferenceId !== undefined && { inferenceId }),
      // SageMaker's has no fraction of a second either.
      inferenceTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    },
    eventVersion: '0',
  };
  return `${JSON.stringify(line)}\n`;
}

function stageOf({ name, status, output, failure }: CapturedStage, types: TextTypes) {
  return {
    containerHostname: name,
    status,
    ...(output && { output: bodyOf(output, 'OUTPUT', types) }),
    ...(failure !== undefined && { failure }),
  };
}

function bodyOf({ contentType, bytes, isCut }: CapturedBody, mode: string, types: TextTypes) {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    ...(contentType !== undefined && { observedContentType: contentType }),
    mode,
    ...encoded(view, encodingOf(contentType, types)),
    ...(isCut && { truncated: true }),
  };
}

/** What is not UTF-8 would be damaged as text, and control characters take six bytes each as JSON. */
function encoded(bytes: Buffer, listed: 'CSV' | 'JSON' | undefined) {
  if (listed !== undefined && isUtf8(bytes)) {
    const data = bytes.toString();
    if (JSON.stringify(data).length <= LARGEST_GROWTH * bytes.length + 2) {
      return { data, encoding: listed };
    }
  }
  return { data: bytes.toString('base64'), encoding: 'BASE64' as const };
}

/** A type is listed without parameters. */
function encodingOf(contentType: string | undefined, types: TextTypes): 'CSV' | 'JSON' | undefined {
  const [mediaType = ''] = (contentType ?? '').split(';');
  const isListed = (list: string[]) =>
    list.some((one) => one.toLowerCase() === mediaType.trim().toLowerCase());
  if (isListed(types.csvContentTypes)) return 'CSV';
  return isListed(types.jsonContentTypes) ? 'JSON' : undefined;
}
