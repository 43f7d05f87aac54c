/** What a production variant sets, beyond SageMaker's members; undefined: the default. */
export interface GivenLimits {
  invocationTimeoutSeconds?: number | undefined;
  maxPayloadInMB?: number | undefined;
}

/** What bounds one invocation of a variant. The same for its routers and for who calls them. */
export interface InvocationLimits {
  /** For the whole chain. */
  timeoutMs: number;
  /** The same for an answer that streams. */
  streamTimeoutMs: number;
  /** Of the request, and of what a stage hands to the next one. */
  maxBodyBytes: number;
}

/** Reference sections 4.4 and 7. */
export const DEFAULT_TIMEOUT_SECONDS = 60;
export const DEFAULT_PAYLOAD_MB = 6;
/** Of every variant. The functions and the gateway wait a little longer than that (infra/api.ts). */
export const STREAM_TIMEOUT_SECONDS = 480;

const BYTES_PER_MB = 1_048_576;

export function invocationLimits({
  invocationTimeoutSeconds = DEFAULT_TIMEOUT_SECONDS,
  maxPayloadInMB = DEFAULT_PAYLOAD_MB,
}: GivenLimits): InvocationLimits {
  return {
    timeoutMs: invocationTimeoutSeconds * 1_000,
    streamTimeoutMs: STREAM_TIMEOUT_SECONDS * 1_000,
    maxBodyBytes: maxPayloadInMB * BYTES_PER_MB,
  };
}
