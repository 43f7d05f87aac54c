import type { ShareItem } from '../batch/work-items.ts';
import type { TransformJobRecord } from './transform-job-record.ts';

const MOST_FAILURES = 5;

/** How far a job is, over all its shares. Pure. */
export function progressOf(job: TransformJobRecord, shares: ShareItem[], now: number) {
  const sum = (count: (share: ShareItem) => number) =>
    shares.reduce((total, share) => total + count(share), 0);
  const isListed =
    shares.length === job.request.TransformResources.InstanceCount &&
    shares.every((share) => share.isListed);
  const records = sum(({ recordsDone }) => recordsDone);
  const began = Math.min(...shares.map(({ startedAt }) => startedAt));
  const ended = job.endTime ?? now;
  const secondsRun = (ended - began) / 1000;
  return {
    ObjectsDone: sum(({ objectsDone }) => objectsDone),
    ObjectsFailed: sum(({ objectsFailed }) => objectsFailed),
    /** Left out until every share has listed its input. */
    ObjectsTotal: isListed ? sum(({ objectsTotal }) => objectsTotal) : undefined,
    RecordsDone: records,
    RecordsFailed: sum(({ recordsFailed }) => recordsFailed),
    RecordsPerSecond:
      shares.length > 0 && secondsRun > 0
        ? Math.round((10 * records) / secondsRun) / 10
        : undefined,
    Failures: shares.flatMap(({ failures }) => failures).slice(0, MOST_FAILURES),
  };
}
