/** An EventBridge event as ECS sends it; the envelope's `time` and the times in `detail` are ISO 8601. */
export interface EcsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'ECS Task State Change' | 'ECS Service Action';
  readonly source: 'aws.ecs';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Takes an event on. It may fail: nothing depends on an event alone. */
export type Emit = (event: EcsEvent) => void | Promise<void>;

/** Calls `emit`; a failure is reported and forgotten. */
export function emitSafely(emit: Emit, event: EcsEvent, report: (problem: string) => void): void {
  const failed = (error: unknown): void =>
    report(`event ${event['detail-type']} was not delivered: ${String(error)}`);
  try {
    void Promise.resolve(emit(event)).catch(failed);
  } catch (error) {
    failed(error);
  }
}
