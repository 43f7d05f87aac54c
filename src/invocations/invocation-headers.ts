import { ValidationError } from '../protocol/errors.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';

interface HeaderRule {
  header: string;
  max: number;
  min?: number;
  pattern?: RegExp;
}

const PRINTABLE = /^[\x21-\x7e][\x20-\x7e]*$/;
/** SageMaker's pattern of names, as the data plane tells it: the length is a rule of its own. */
export const HOST_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;
const ASCII = /^[\x20-\x7e\t]*$/;

/** Headers that reach the task (reference section 3.1). Every other one is stripped. */
const FORWARDED = {
  contentType: { header: 'Content-Type', max: 1024, pattern: ASCII },
  customAttributes: { header: 'X-Amzn-SageMaker-Custom-Attributes', max: 1024, pattern: ASCII },
  inferenceId: { header: 'X-Amzn-SageMaker-Inference-Id', min: 1, max: 64, pattern: PRINTABLE },
  targetContainer: {
    header: 'X-Amzn-SageMaker-Target-Container-Hostname',
    max: 63,
    pattern: HOST_NAME,
  },
  traceParent: { header: 'traceparent', max: 256, pattern: ASCII },
  traceState: { header: 'tracestate', max: 1024, pattern: ASCII },
  xrayTrace: { header: 'X-Amzn-Trace-Id', max: 1024, pattern: ASCII },
} satisfies Record<string, HeaderRule>;

/** Of a stream, Accept is that of the event stream itself, and the model's has a name of its own. */
const ACCEPT = { header: 'Accept', max: 1024, pattern: ASCII };
const STREAM_ACCEPT = { header: 'X-Amzn-SageMaker-Accept', max: 1024, pattern: ASCII };

const TARGET_VARIANT = { header: 'X-Amzn-SageMaker-Target-Variant', max: 63, pattern: HOST_NAME };

/** Headers of SageMaker's that mean something no pipeline has, and what to say to who sends one. */
const REFUSED: [header: string, message: (endpoint: string) => string][] = [
  [
    'X-Amzn-SageMaker-Target-Model',
    (endpoint) =>
      `Endpoint ${endpoint} is not a multi-model endpoint and does not support target model header.`,
  ],
  [
    'X-Amzn-SageMaker-Enable-Explanations',
    (endpoint) =>
      `Endpoint ${endpoint} has no explainer and does not support EnableExplanations. Explain in a stage of the pipeline.`,
  ],
  [
    'X-Amzn-SageMaker-Inference-Component',
    (endpoint) =>
      `Endpoint ${endpoint} hosts no inference components and does not support InferenceComponentName. Use TargetVariant.`,
  ],
  [
    'X-Amzn-SageMaker-Session-Id',
    (endpoint) => `Endpoint ${endpoint} does not support sessions. Leave SessionId out.`,
  ],
  [
    'X-Amzn-SageMaker-Prefix-Aware-Id',
    (endpoint) => `Endpoint ${endpoint} does not route by prefix. Leave the prefix-aware id out.`,
  ],
];

export interface InvocationHeaders {
  /** As they go to the task. */
  forwarded: Record<string, string>;
  targetVariant: string | undefined;
  targetContainer: string | undefined;
}

/** @throws ValidationError that names the header and the rule; never its value */
export function invocationHeaders(
  event: GatewayEvent,
  endpoint: string,
  streams = false,
): InvocationHeaders {
  const fields = byLowerCase(event.headers);
  for (const [header, message] of REFUSED) {
    if (fields.has(header.toLowerCase())) throw new ValidationError(message(endpoint));
  }
  const forwarded: Record<string, string> = {};
  for (const rule of Object.values(FORWARDED)) {
    const value = checked(fields, rule);
    if (value !== undefined) forwarded[rule.header.toLowerCase()] = value;
  }
  const accept = checked(fields, streams ? STREAM_ACCEPT : ACCEPT);
  if (accept !== undefined) forwarded.accept = accept;
  return {
    forwarded,
    targetVariant: checked(fields, TARGET_VARIANT),
    targetContainer: fields.get(FORWARDED.targetContainer.header.toLowerCase()),
  };
}

type Fields = ReadonlyMap<string, string>;

/** API Gateway keeps the client's spelling of names; of names that differ in case only, the first counts. */
function byLowerCase(headers: GatewayEvent['headers']): Fields {
  const fields = new Map<string, string>();
  for (const name in headers) {
    const [key, value] = [name.toLowerCase(), headers[name]];
    if (value !== undefined && !fields.has(key)) fields.set(key, value);
  }
  return fields;
}

function checked(fields: Fields, { header, min, max, pattern }: HeaderRule) {
  const value = fields.get(header.toLowerCase());
  if (value === undefined) return undefined;
  if (value.length > max) refuse(header, `Member must have length less than or equal to ${max}`);
  if (value.length < (min ?? 0)) {
    refuse(header, `Member must have length greater than or equal to ${min}`);
  }
  if (pattern !== undefined && !pattern.test(value)) {
    refuse(header, `Member must satisfy regular expression pattern: ${pattern.source}`);
  }
  return value;
}

function refuse(header: string, constraint: string): never {
  throw new ValidationError(
    `1 validation error detected: Value at '${header}' failed to satisfy constraint: ${constraint}`,
  );
}
