export { createTransformJob } from './create-transform-job.ts';
export { describeTransformJob } from './describe-transform-job.ts';
export { listTransformJobs } from './list-transform-jobs.ts';
export { stopTransformJob } from './stop-transform-job.ts';
