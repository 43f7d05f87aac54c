import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { logEvent } from '../aws/log.ts';

/** What a message of the queue may be about, and how that is looked at. */
export interface Subject {
  /** `endpoint`, for the log. */
  kind: string;
  /** The one that a message speaks of; undefined when it speaks of something else. */
  namedIn: (body: string) => string | undefined;
  /** `told`: the messages that speak of it. */
  lookAt: (name: string, told: string[]) => Promise<void>;
}

/** Messages of one batch that name the same thing are one look. A failed one comes again. */
export function createReconcileMessages(subjects: Subject[]) {
  return async (event: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const looks = subjects.flatMap((subject) => looksOf(subject, event));
    const failed = await Promise.all(
      looks.map(async ({ subject, name, messages }) => {
        try {
          await subject.lookAt(
            name,
            messages.map(({ body }) => body),
          );
          return [];
        } catch (error) {
          const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
          logEvent('error', { event: 'reconcile-failed', [subject.kind]: name, error: told });
          return messages.map(({ messageId }) => messageId);
        }
      }),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function looksOf(subject: Subject, { Records }: Pick<SQSEvent, 'Records'>) {
  const looks = Map.groupBy(Records, ({ body }) => subject.namedIn(body));
  return [...looks].flatMap(([name, messages]) =>
    name === undefined ? [] : [{ subject, name, messages }],
  );
}
