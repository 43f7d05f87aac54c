/** Why a hop to a stage gave no 2xx answer that can be used. */
export type StageFailure =
  /** It answered with another status than 2xx; `message` is the start of its body. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly message: string;
      /** A router says so what its stages took. */
      readonly serverTiming?: string | undefined;
    }
  /** The deadline of the chain passed. */
  | { readonly kind: 'timed-out' }
  /** Nothing listens on its port. */
  | { readonly kind: 'refused' }
  /** It took no connection in time: its accept queue is full. */
  | { readonly kind: 'not-accepted' }
  /** It closed the connection before it answered: it died, or it closes requests unread. */
  | { readonly kind: 'closed' }
  /** What it sent is not HTTP. */
  | { readonly kind: 'not-http' }
  /** Its answer broke off, or is not what its headers announced. */
  | { readonly kind: 'broken-off'; readonly status: number }
  /** Its answer is over the bound; `exact` says whether `bytes` is its size or only a lower bound. */
  | {
      readonly kind: 'too-large';
      readonly status: number;
      readonly bytes: number;
      readonly exact: boolean;
    }
  /** The caller went away, so that nobody waits for the answer. */
  | { readonly kind: 'caller-left' };

/** The failure in a few words for the log: never what the stage wrote, which may hold user data. */
export function describeFailure(failure: StageFailure): string {
  switch (failure.kind) {
    case 'answered':
      return `answered ${failure.status}`;
    case 'timed-out':
      return 'did not answer before the deadline';
    case 'refused':
      return 'refused the connection';
    case 'not-accepted':
      return 'did not accept the connection';
    case 'closed':
      return 'closed the connection before it answered';
    case 'not-http':
      return 'sent an answer that is not valid HTTP';
    case 'broken-off':
      return `broke off its answer (${failure.status})`;
    case 'too-large':
      return `answered ${failure.exact ? '' : 'more than '}${failure.bytes} bytes`;
    case 'caller-left':
      return 'the caller left';
  }
}
