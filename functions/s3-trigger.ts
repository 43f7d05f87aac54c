import middy from '@middy/core';
import { createClients } from '../src/aws/clients.ts';
import { systemClock } from '../src/aws/clock.ts';
import { configFromEnvironment } from '../src/aws/config.ts';
import { randomId } from '../src/aws/ids.ts';
import { Table } from '../src/aws/table.ts';
import { createWake } from '../src/endpoints/wake.ts';
import { transformWakeMessage } from '../src/transforms/wake-message.ts';
import { objectEvents } from '../src/triggers/object-events.ts';
import { startTriggeredJobs } from '../src/triggers/start-triggered-job.ts';

const config = configFromEnvironment();
const { dynamodb, sqs } = createClients(config.region);
const services = {
  config,
  table: new Table(dynamodb, config.table, randomId),
  clock: systemClock,
  newId: randomId,
  wake: createWake(sqs, config.queueUrl),
  wakeTransformJob: createWake(sqs, config.queueUrl, transformWakeMessage),
};

/** Takes S3's notifications of the stack's bucket, and EventBridge's of any other. */
export const handler = middy(async (event: unknown) => {
  const events = objectEvents(event);
  for (const one of events) await startTriggeredJobs(one, services);
  return { objects: events.length };
});
