export { deleteTransformTrigger } from './delete-transform-trigger.ts';
export { getTransformTrigger } from './get-transform-trigger.ts';
export { listTransformTriggers } from './list-transform-triggers.ts';
export { putTransformTrigger } from './put-transform-trigger.ts';
