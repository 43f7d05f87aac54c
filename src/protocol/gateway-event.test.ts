import { describe, expect, test } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import { controlAction, invokeAction } from '../auth/action.ts';
import { segmentsOf } from './gateway-event.ts';

const event = (path: string, asSent: string | undefined, stage = 'prod', httpMethod = 'POST') => {
  const own = { requestId: 'request-1', stage };
  const requestContext = asSent === undefined ? own : { ...own, path: asSent };
  return gatewayEvent({ httpMethod, path, requestContext });
};

test.each([
  { title: 'no stage in it', path: '/models', asSent: '/models' },
  { title: 'a stage that nobody took off', path: '/prod/models', asSent: '/prod/models' },
  { title: 'a stage that API Gateway took off', path: '/models', asSent: '/prod/models' },
  { title: 'nothing told of how it was sent', path: '/prod/models', asSent: undefined },
])('a path may have $title', ({ path, asSent }) => {
  expect(segmentsOf(event(path, asSent))).toEqual(['models']);
});

describe('a stage that is sent twice is no second way to what one path leads to', () => {
  test('POST / by the name of the stage', () => {
    const twice = event('/prod', '/prod/prod');

    expect(segmentsOf(twice)).toEqual(['prod']);
    expect(controlAction(twice)).toMatchObject({ name: 'UnknownOperation', right: 'admin' });
  });

  test('the REST view', () => {
    const twice = event('/prod/models/iris', '/prod/prod/models/iris', 'prod', 'DELETE');

    expect(segmentsOf(twice)).toEqual(['prod', 'models', 'iris']);
    expect(controlAction(twice)).toMatchObject({ name: 'UnknownOperation', right: 'admin' });
  });
});

test('a stage may have the name of what is served', () => {
  const path = '/endpoints/abalone/invocations';
  const sent = event(path, `/endpoints${path}`, 'endpoints');

  expect(segmentsOf(sent)).toEqual(['endpoints', 'abalone', 'invocations']);
  expect(invokeAction(sent)).toMatchObject({ resource: 'endpoint/abalone' });
});
