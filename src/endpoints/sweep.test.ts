import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedPlane, type SimulatedProcess } from '../../test/support/simulated-plane.ts';
import { reconcile } from './reconcile.ts';
import { createReconcileMessages } from './reconcile-messages.ts';
import { sweep } from './sweep.ts';
import { endpointToWake, fleetsToldOf } from './wake-message.ts';

const NAME = 'abalone';

let plane: SimulatedPlane;
let process: SimulatedProcess;

beforeEach(async () => {
  plane = new SimulatedPlane();
  await plane.open();
  process = plane.start();
  await plane.define(process, 'one');
  await plane.serve(process, NAME, 'one');
});

afterEach(() => plane.close());

/** As somebody's script does that clears an account of old task definitions. */
function deleteDefinitions(): void {
  const { taskDefinitionArns } = plane.ecs.call<{ taskDefinitionArns: string[] }>(
    'ListTaskDefinitions',
    {},
  );
  for (const taskDefinition of taskDefinitionArns) {
    plane.ecs.call('DeregisterTaskDefinition', { taskDefinition });
  }
  plane.ecs.call('DeleteTaskDefinitions', { taskDefinitions: taskDefinitionArns });
}

/** A sweep, and the reconciler that gets its messages as the queue brings them. */
async function sweepAndReconcile(): Promise<void> {
  const { config, clients, table } = process;
  const bodies: string[] = [];
  const send = async ({ input }: { input: SendMessageBatchCommandInput }) => {
    bodies.push(...(input.Entries ?? []).map(({ MessageBody = '' }) => MessageBody));
    return {};
  };
  await sweep({ config, clients: { ...clients, sqs: { send } as unknown as SQSClient }, table });
  const handle = createReconcileMessages([
    {
      kind: 'endpoint',
      namedIn: (body) => endpointToWake(config.stack, body),
      lookAt: (name, told) => reconcile(name, process, fleetsToldOf(config.stack, told)),
    },
  ]);
  const Records = bodies.map((body, position) => ({ body, messageId: String(position) }));
  expect(await handle({ Records } as SQSEvent)).toEqual({ batchItemFailures: [] });
}

it('finds a service of which the task definitions are gone, and its endpoint too', async () => {
  deleteDefinitions();
  await plane.call(process, 'DeleteEndpoint', { EndpointName: NAME });
  await reconcile(NAME, process);
  expect(plane.record(NAME)).toBeUndefined();
  expect(plane.healthyTasks()).toHaveLength(1);

  await sweepAndReconcile();
  await plane.ecs.time.advance(120_000);
  await sweepAndReconcile();

  expect(plane.leftovers(NAME)).toEqual([]);
});

it('leaves a service alone that serves without them', async () => {
  deleteDefinitions();

  await sweepAndReconcile();
  await plane.ecs.time.advance(120_000);

  expect(plane.record(NAME)?.status).toBe('InService');
  expect(plane.serving(NAME)).toEqual({ AllTraffic: 1 });
});
