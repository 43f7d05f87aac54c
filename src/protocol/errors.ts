/**
 * Everything that may cross a handler. `code` and `status` are SageMaker's (reference sections
 * 1.4 and 1.6): the control plane says ValidationException, the data plane ValidationError.
 */
export abstract class ServiceError extends Error {
  abstract readonly code: string;
  abstract readonly status: number;
}

/** Control plane: bad input, a missing or doubled name, a state that forbids the operation. */
export class ValidationException extends ServiceError {
  readonly code = 'ValidationException';
  readonly status = 400;
}

/** Control plane: a quota. */
export class ResourceLimitExceeded extends ServiceError {
  readonly code = 'ResourceLimitExceeded';
  readonly status = 400;
}

/** Control plane: the name of a transform job is taken, for ever. */
export class ResourceInUse extends ServiceError {
  readonly code = 'ResourceInUse';
  readonly status = 400;
}

/** Control plane: the X-Amz-Target or the REST path names nothing that is served here. */
export class UnknownOperationException extends ServiceError {
  readonly code = 'UnknownOperationException';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** Control plane: the body is not one JSON object. */
export class SerializationException extends ServiceError {
  readonly code = 'SerializationException';
  readonly status = 400;
}

/** Control plane: another request changed the record between our read and our write. */
export class ConflictException extends ServiceError {
  readonly code = 'ConflictException';
  readonly status = 400;
}

/** A body over its bound; the code is that of the plane. */
export class RequestTooLarge extends ServiceError {
  readonly code: 'ValidationException' | 'ValidationError';
  readonly status = 413;
  constructor(limit: number, code: RequestTooLarge['code']) {
    super(`HTTP content length exceeded ${limit} bytes.`);
    this.code = code;
  }
}

/** Data plane: bad request, unknown endpoint, variant or container. */
export class ValidationError extends ServiceError {
  readonly code = 'ValidationError';
  readonly status = 400;
}

/** Data plane: nothing can take the request now. Clients retry it. */
export class ServiceUnavailable extends ServiceError {
  readonly code = 'ServiceUnavailable';
  readonly status = 503;
}

/** Our fault. The message says nothing of the inside; the log does. */
export class InternalFailure extends ServiceError {
  readonly code = 'InternalFailure';
  readonly status = 500;
  constructor(requestId: string) {
    super(`The request failed for an internal reason. Its id in the log is ${requestId}.`);
  }
}
