import { expect, it } from 'vitest';
import type { GatewayEvent, GatewayResult } from '../protocol/gateway-event.ts';
import { answerWaiter } from './waiters.ts';

const WAITER = 'Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 m/D,Z,N,b,B,g cfg/retry-mode#legacy';
const PLAIN = 'Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 m/D,Z,N,b,g cfg/retry-mode#legacy B';
const PATIENT = { holdMs: 60_000, pauseMs: 0 };
const never = new AbortController().signal;

it.each([
  ['DescribeEndpoint', 'EndpointStatus', ['Creating', 'Creating', 'InService']],
  ['DescribeEndpoint', 'EndpointStatus', ['Updating', 'RollingBack', 'Failed']],
  ['DescribeEndpoint', 'EndpointStatus', ['InService', 'Updating']],
  ['DescribeTransformJob', 'TransformJobStatus', ['InProgress', 'Stopping', 'Stopped']],
])('answers a waiter of %s by %s when it is over: %j', async (operation, member, statuses) => {
  const api = answering(statuses.map((status) => ({ [member]: status })));

  const answer = await answerWaiter(lookWith(operation, WAITER), api.ask, never, PATIENT);

  const over = statuses[0] === 'InService' ? 0 : statuses.length - 1;
  expect(JSON.parse(answer.body)).toEqual({ [member]: statuses[over] });
  expect(api.asked()).toBe(over + 1);
});

it.each([
  ['DescribeEndpoint', PLAIN],
  ['DescribeEndpoint', undefined],
  ['DescribeModel', WAITER],
])('answers %s of %s at once', async (operation, userAgent) => {
  const api = answering([{ EndpointStatus: 'Creating' }, { EndpointStatus: 'InService' }]);

  const answer = await answerWaiter(lookWith(operation, userAgent), api.ask, never, PATIENT);

  expect(JSON.parse(answer.body)).toEqual({ EndpointStatus: 'Creating' });
});

it('gives an error to a waiter as it is: what was deleted is gone', async () => {
  const api = answering([{ EndpointStatus: 'Deleting' }, 'Could not find endpoint']);

  const answer = await answerWaiter(lookWith('DescribeEndpoint', WAITER), api.ask, never, PATIENT);

  expect([answer.statusCode, answer.body]).toEqual([400, '"Could not find endpoint"']);
});

it('answers a waiter with what there is when it has waited long enough', async () => {
  const api = answering([{ EndpointStatus: 'Creating' }]);
  const limits = { holdMs: 20, pauseMs: 5 };

  const answer = await answerWaiter(lookWith('DescribeEndpoint', WAITER), api.ask, never, limits);

  expect(JSON.parse(answer.body)).toEqual({ EndpointStatus: 'Creating' });
  expect(api.asked()).toBeGreaterThan(1);
});

it('stops looking when the waiter has left', async () => {
  const caller = new AbortController();
  const api = answering([{ EndpointStatus: 'Creating' }], () => caller.abort());

  await answerWaiter(lookWith('DescribeEndpoint', WAITER), api.ask, caller.signal, PATIENT);

  expect(api.asked()).toBe(1);
});

/** An API that gives one answer after the other, and the last one for ever; a text is an error. */
function answering(answers: (object | string)[], onAsk = () => {}) {
  let asked = 0;
  const ask = async (): Promise<GatewayResult> => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    onAsk();
    return { statusCode: typeof answer === 'string' ? 400 : 200, body: JSON.stringify(answer) };
  };
  return { ask, asked: () => asked };
}

function lookWith(operation: string, userAgent: string | undefined): GatewayEvent {
  return {
    httpMethod: 'POST',
    path: '/',
    headers: { 'x-amz-target': `SageMaker.${operation}`, 'user-agent': userAgent },
    queryStringParameters: null,
    body: '{}',
    isBase64Encoded: false,
    requestContext: { requestId: 'look', stage: 'local' },
  };
}
