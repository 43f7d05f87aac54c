/** What the function answers: bytes as they are, or frames as they come. */
export interface InvokeResult {
  statusCode: number;
  headers: Record<string, string>;
  body: Buffer | AsyncIterable<Uint8Array>;
}
