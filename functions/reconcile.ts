import middy from '@middy/core';
import { createClients } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { createReconcileMessages } from '../src/endpoints/reconcile-messages.ts';
import { createWake } from '../src/endpoints/wake.ts';

const config = configFromEnvironment();
const clients = createClients(config.region);
const table = new Table(clients.dynamodb, config.table, randomId);
const wake = createWake(clients.sqs, config.queueUrl);

export const handler = middy(
  createReconcileMessages({ config, clients, table, clock: systemClock, wake }),
);
