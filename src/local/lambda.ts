import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';

type Handler<E, R> = (
  event: E,
  context: Context,
  options: { signal: AbortSignal },
) => undefined | R | Promise<R>;

/** API Gateway and SQS give a function as long as this. */
const LONGEST_RUN_MS = 900_000;

/** Runs a function's handler as the Lambda service does: an event, a context, a promise. */
export function asLambda<E, R>(name: string, handler: Handler<E, R>): (event: E) => Promise<R> {
  return async (event) => {
    const deadline = Date.now() + LONGEST_RUN_MS;
    const context: Context = {
      awsRequestId: randomUUID(),
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      memoryLimitInMB: '512',
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => deadline - Date.now(),
      done: () => undefined,
      fail: () => undefined,
      succeed: () => undefined,
    };
    const answer = await handler(event, context, { signal: new AbortController().signal });
    if (answer === undefined) throw new Error(`The function ${name} answered nothing.`);
    return answer;
  };
}
