/** One object cannot be transformed. The message says what, where and what to do. */
export class ObjectFailure extends Error {
  override name = 'ObjectFailure';
  /** Lines for the data log, without the object's name. */
  readonly log: string[];
  constructor(message: string, log: string[] = [message]) {
    super(message);
    this.log = log;
  }
}

/** Another worker has taken over this share or object: whatever this one does now is too late. */
export class Superseded extends Error {
  override name = 'Superseded';
}

/** No object of the job can be transformed. */
export class JobFailure extends Error {
  override name = 'JobFailure';
}
