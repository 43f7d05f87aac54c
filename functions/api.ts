import middy from '@middy/core';
import { guardApi } from '../src/auth/guard.ts';
import { createSignIn } from '../src/auth/sign-in.ts';
import { createClients } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { createImageLabels } from '../src/aws/image-labels.ts';
import { Table } from '../src/aws/table.ts';
import { createWake } from '../src/endpoints/wake.ts';
import { OPERATIONS, REST_OPERATIONS } from '../src/operations.ts';
import { createApi } from '../src/protocol/api.ts';
import { transformWakeMessage } from '../src/transforms/wake-message.ts';

const config = configFromEnvironment();
const { dynamodb, sqs } = createClients(config.region);
const table = new Table(dynamodb, config.table, randomId);
const wake = createWake(sqs, config.queueUrl);

const imageLabels = config.imageLabelsUrl && createImageLabels(config.imageLabelsUrl);

const api = createApi(
  OPERATIONS,
  {
    config,
    table,
    clock: systemClock,
    newId: randomId,
    imageLabels: imageLabels || undefined,
    wake,
    wakeTransformJob: createWake(sqs, config.queueUrl, transformWakeMessage),
  },
  REST_OPERATIONS,
);

export const handler = middy(guardApi(createSignIn(config, systemClock), api));
