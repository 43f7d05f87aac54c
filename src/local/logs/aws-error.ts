/**
 * An error as the AWS JSON 1.1 protocol tells it: `{"__type": code, "message": message}`.
 * 400 blames the caller; 500 is ours, and AWS SDKs retry it.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}
