import { createHash } from 'node:crypto';
import { logEvent } from '../aws/log.ts';
import { ResourceInUse, ServiceError } from '../protocol/errors.ts';
import type { Services } from '../protocol/operation.ts';
import { startTransformJob } from '../transforms/create-transform-job.ts';
import type { JobRequest } from '../transforms/job-shape.ts';
import { loopThrough, takes } from './feeds.ts';
import type { ObjectEvent } from './object-events.ts';
import { allTriggers, flowOf, type TransformTriggerRecord } from './trigger-record.ts';

/**
 * One job for each trigger that takes the object. The same event again, in whatever order and however
 * often, is the same name again, and a name is taken once.
 * @throws whatever AWS threw; S3 and EventBridge then send the event again
 */
export async function startTriggeredJobs(event: ObjectEvent, services: Services): Promise<void> {
  const triggers = await allTriggers(services.table);
  const flows = triggers.map(flowOf);
  for (const trigger of triggers) {
    const flow = flowOf(trigger);
    if (!takes(flow, event.bucket, event.key)) continue;
    // Creation refuses a loop; two that were created at once, or one that the index did not show yet, still make one.
    const loop = loopThrough(flow, flows);
    if (loop === undefined) await startTriggeredJob(trigger, event, services);
    else refuse(trigger, event, `Its outputs come back to it by way of ${loop.join(', ')}.`);
  }
}

async function startTriggeredJob(
  trigger: TransformTriggerRecord,
  event: ObjectEvent,
  services: Services,
): Promise<void> {
  const { bucket, key, versionId, etag } = event;
  const { Tags, ...template } = trigger.template;
  const TransformJobName = triggeredJobName(trigger.name, event);
  const request: JobRequest = {
    ...template,
    TransformJobName,
    TransformInput: {
      ...template.TransformInput,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/${key}` } },
    },
    TransformOutput: {
      ...template.TransformOutput,
      S3OutputPath: outputPath(trigger, key),
    },
  };
  const triggeredBy = {
    trigger: trigger.name,
    bucket,
    key,
    versionId,
    etag: etag === '' ? undefined : `"${etag}"`,
  };
  try {
    await startTransformJob(request, Tags, services, triggeredBy);
    logEvent('info', { event: 'triggered', trigger: trigger.name, job: TransformJobName });
  } catch (error) {
    if (error instanceof ResourceInUse) return;
    if (!(error instanceof ServiceError)) throw error;
    // Its model was deleted, say: the event will fare no better the next time.
    refuse(trigger, event, error.message);
  }
}

function refuse(trigger: TransformTriggerRecord, { bucket, key }: ObjectEvent, error: string) {
  logEvent('error', { event: 'trigger-refused', trigger: trigger.name, bucket, key, error });
}

/** Of bucket, key, version or ETag, and sequencer: what makes one event another than the next. */
export function triggeredJobName(trigger: string, event: ObjectEvent): string {
  const { bucket, key, versionId, etag, sequencer } = event;
  const identity = JSON.stringify([trigger, bucket, key, versionId ?? etag, sequencer]);
  return `${trigger}-${createHash('sha256').update(identity).digest('hex').slice(0, 20)}`;
}

/** Below the template's path the outputs lie as the objects lie below the trigger's prefix. */
function outputPath({ prefix, template }: TransformTriggerRecord, key: string): string {
  const base = template.TransformOutput.S3OutputPath.replace(/\/$/, '');
  const from = prefix.lastIndexOf('/') + 1;
  const folder = key.slice(from, Math.max(from, key.lastIndexOf('/') + 1));
  return `${base}/${folder}`;
}
