/** For calls that end at once on a working engine; a laptop's disk may be slow. */
const CALL_MS = 60_000;

/** Bounds one call to the engine. A new one for each: the time begins here. */
export function bounded(ms = CALL_MS): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(ms) };
}

/** The same for the calls that take no signal. */
export async function inTime<T>(call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error('the engine did not answer in time')),
    CALL_MS,
  );
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The engine's own words, without what the client library wraps around them. */
export function engineWords(error: unknown): string {
  const { json, message, name } = error as Error & { json?: { message?: unknown } };
  if (typeof json?.message === 'string') return json.message;
  if (name === 'AbortError' || name === 'TimeoutError') return 'the engine did not answer in time';
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
}

/** It is not there, or no longer. */
export function isMissing(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}

/** It does not run any more, or its removal is under way. */
export function isConflict(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 409;
}
