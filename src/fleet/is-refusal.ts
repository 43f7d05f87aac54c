import { ECSServiceException } from '@aws-sdk/client-ecs';

/** What ECS words as the caller's fault, and is over with time: rates, quotas, two who register one family. */
const PASSES = /throttl|rate exceeded|limit|too many concurrent/i;

/** ECS said no for good: asking again with the same input would not help. */
export function isRefusal(error: unknown): error is ECSServiceException {
  return (
    error instanceof ECSServiceException &&
    error.$fault === 'client' &&
    error.$retryable === undefined &&
    !PASSES.test(`${error.name} ${error.message}`)
  );
}
