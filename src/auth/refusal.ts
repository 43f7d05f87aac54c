import { ServiceError } from '../protocol/errors.ts';

/** How AWS calls what is wrong with a request's signature, or with who sent it. */
type Code =
  | 'AccessDeniedException'
  | 'IncompleteSignatureException'
  | 'InvalidSignatureException'
  | 'MissingAuthenticationTokenException'
  | 'ThrottlingException'
  | 'UnrecognizedClientException';

/**
 * The caller does not get in. Codes and first sentences are AWS's own: people search for them. The
 * status is that of REST; AWS JSON answers 400 to all of them.
 */
export class Refusal extends ServiceError {
  readonly code: Code;
  readonly status: number;
  constructor(code: Code, message: string, status = 403) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function invalidSignature(message: string): Refusal {
  return new Refusal('InvalidSignatureException', message);
}

export function incompleteSignature(message: string): Refusal {
  return new Refusal('IncompleteSignatureException', message);
}

export function signatureMismatch(): Refusal {
  return invalidSignature(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

/** @param hint what to do, for who sent something that no access key of ours can be */
export function unrecognizedClient(hint = ''): Refusal {
  return new Refusal(
    'UnrecognizedClientException',
    `The security token included in the request is invalid.${hint}`,
  );
}
