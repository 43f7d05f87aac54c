import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf } from '../fleet/fleet-name.ts';
import { endpointToWake, wakeMessage } from './wake-message.ts';

const STACK = 'headrace-prod';
const family = familyOf(STACK, { endpoint: 'abalone', variant: 'AllTraffic', generation: 'g1' });

/** As EventBridge sends it, cut down to what tells the endpoint. */
function taskEvent(group: string) {
  return {
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    resources: ['arn:aws:ecs:us-east-1:123456789012:task/headrace/0123'],
    detail: { group, lastStatus: 'RUNNING', desiredStatus: 'RUNNING' },
  };
}

function serviceEvent(service: string) {
  return {
    'detail-type': 'ECS Service Action',
    source: 'aws.ecs',
    resources: [`arn:aws:ecs:us-east-1:123456789012:service/headrace/${service}`],
    detail: { eventName: 'SERVICE_STEADY_STATE' },
  };
}

describe('the endpoint of a message', () => {
  it('is the one of our own', () => {
    expect(endpointToWake(STACK, wakeMessage('abalone'))).toBe('abalone');
  });

  it('is that of the task', () => {
    expect(endpointToWake(STACK, JSON.stringify(taskEvent(`service:${family}`)))).toBe('abalone');
  });

  it('is that of the service', () => {
    expect(endpointToWake(STACK, JSON.stringify(serviceEvent(family)))).toBe('abalone');
  });

  it('is found for any name that SageMaker takes', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,30}$/);
    fc.assert(
      fc.property(name, name, name, (endpoint, variant, generation) => {
        const service = familyOf(STACK, { endpoint, variant, generation });

        expect(endpointToWake(STACK, JSON.stringify(taskEvent(`service:${service}`)))).toBe(
          endpoint,
        );
        expect(endpointToWake(STACK, JSON.stringify(serviceEvent(service)))).toBe(endpoint);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['a task of somebody else', taskEvent('service:website')],
    ['a task that no service runs', taskEvent('family:headrace-prod_a_b_c')],
    ['a service of somebody else', serviceEvent('website')],
    ['a service of another stack', serviceEvent('headrace_a_b_c')],
    ['a service of a stack with a longer name', serviceEvent('headrace-prod-2_a_b_c')],
    ['a family with a part too many', serviceEvent('headrace-prod_a_b_c_d')],
    ['a family with an empty part', serviceEvent('headrace-prod__b_c')],
    ['an event without resources', { resources: [] }],
    ['an empty name', { endpoint: '' }],
    ['something else', { hello: 'world' }],
    ['a list', []],
    ['null', null],
    ['a number', 7],
  ])('is none for %s', (_, message) => {
    expect(endpointToWake(STACK, JSON.stringify(message))).toBeUndefined();
  });

  it.each(['', 'hello', '{"endpoint":'])(
    'is none for %o, which is no JSON and never will be',
    (body) => {
      expect(endpointToWake(STACK, body)).toBeUndefined();
    },
  );
});
