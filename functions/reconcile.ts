import middy from '@middy/core';
import { createClients, createS3 } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment, credentialsFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { reconcile } from '../src/endpoints/reconcile.ts';
import { createReconcileMessages } from '../src/endpoints/reconcile-messages.ts';
import { createWake } from '../src/endpoints/wake.ts';
import { endpointToWake, fleetsToldOf } from '../src/endpoints/wake-message.ts';
import { createTell } from '../src/events/put-events.ts';
import { reconcileJob } from '../src/transforms/reconcile.ts';
import { transformJobToWake, transformWakeMessage } from '../src/transforms/wake-message.ts';

const config = configFromEnvironment();
const clients = createClients(config.region);
const s3 = createS3(config.region, config.dynamodbUrl !== undefined);
const table = new Table(clients.dynamodb, config.table, randomId);
const wake = createWake(clients.sqs, config.queueUrl);
const wakeTransformJob = createWake(clients.sqs, config.queueUrl, transformWakeMessage);
const tell = createTell(config, {
  credentials: credentialsFromEnvironment(),
  clock: systemClock,
});
const world = { config, clients, s3, table, clock: systemClock, wake, wakeTransformJob, tell };

export const handler = middy(
  createReconcileMessages([
    {
      kind: 'endpoint',
      namedIn: (body) => endpointToWake(config.stack, body),
      lookAt: (name, told) => reconcile(name, world, fleetsToldOf(config.stack, told)),
    },
    {
      kind: 'transformJob',
      namedIn: (body) => transformJobToWake(config.stack, body),
      lookAt: (name) => reconcileJob(name, world),
    },
  ]),
);
