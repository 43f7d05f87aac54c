import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { logEvent } from '../aws/log.ts';
import { type Reconciler, reconcile } from './reconcile.ts';
import { endpointToWake } from './wake-message.ts';

/** Messages of one batch that name the same endpoint are one look. A failed one comes again. */
export function createReconcileMessages(reconciler: Reconciler) {
  return async (event: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const messages = new Map<string, string[]>();
    for (const { body, messageId } of event.Records) {
      const endpoint = endpointToWake(body);
      if (endpoint === undefined) continue;
      messages.set(endpoint, [...(messages.get(endpoint) ?? []), messageId]);
    }
    const failed = await Promise.all(
      [...messages].map(async ([endpoint, ids]) => {
        try {
          await reconcile(endpoint, reconciler);
          return [];
        } catch (error) {
          const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
          logEvent('error', { event: 'reconcile-failed', endpoint, error: told });
          return ids;
        }
      }),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
