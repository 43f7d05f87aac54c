export { createTransformJobByRest } from './create-transform-job.ts';
export { describeTransformJobByRest } from './describe-transform-job.ts';
