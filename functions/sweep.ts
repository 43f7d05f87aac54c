import middy from '@middy/core';
import { createClients } from '../src/aws/clients.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { sweep } from '../src/endpoints/sweep.ts';
import { sweepJobs } from '../src/transforms/sweep.ts';

const config = configFromEnvironment();
const clients = createClients(config.region);
const table = new Table(clients.dynamodb, config.table, randomId);
const world = { config, clients, table };

export const handler = middy(async () => (await sweep(world)) + (await sweepJobs(world)));
