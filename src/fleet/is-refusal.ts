import { ECSServiceException } from '@aws-sdk/client-ecs';

/** ECS said no for good: asking again with the same input would not help. */
export function isRefusal(error: unknown): error is ECSServiceException {
  return (
    error instanceof ECSServiceException &&
    error.$fault === 'client' &&
    error.$retryable === undefined &&
    !/throttl|rate exceeded|limit/i.test(`${error.name} ${error.message}`)
  );
}
