/** An answer to the caller, ready to be written. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** The Server-Timing value, when stages ran. */
  readonly timing?: string;
  /** The connection takes no other request after this one. */
  readonly closes?: boolean;
  /** For the log, when the request failed. Never holds what a caller or a stage wrote. */
  readonly failed?: { readonly stage?: string; readonly reason: string };
}

export type ErrorType =
  | 'ModelError'
  | 'ValidationError'
  | 'ServiceUnavailable'
  | 'InternalFailure'
  | 'UnknownOperationException';

/** An error as the data plane's clients read it: the code in a header, the rest in a JSON body. */
export function errorReply(
  status: number,
  type: ErrorType,
  body: object,
  failed?: Reply['failed'],
): Reply {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': type };
  return { status, headers, body: JSON.stringify(body), ...(failed && { failed }) };
}

/** A request that the router itself turns down; `Message` says what to do instead. */
export function refusal(status: number, type: ErrorType, Message: string, reason: string): Reply {
  return errorReply(status, type, { Message }, { reason });
}
