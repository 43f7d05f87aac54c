/** One event, as EventBridge's PutEvents takes it. */
export interface StateChange {
  detailType:
    | 'SageMaker Endpoint State Change'
    | 'SageMaker Endpoint Deployment State Change'
    | 'SageMaker Transform Job State Change';
  /** The ARN of what has changed. */
  resource: string;
  /** When it changed. Epoch ms. */
  time: number;
  /** Times in it are epoch ms, as in SageMaker's own events. */
  detail: object;
}

/** Resolves to whether the bus has all of them. Says itself when it has not; never rejects for that. */
export type Tell = (changes: StateChange[]) => Promise<boolean>;

/** `InService` as events spell it: `IN_SERVICE` (reference section 2.11). */
export function upperSnake(status: string): string {
  return status.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
