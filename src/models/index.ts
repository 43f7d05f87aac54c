export { createModel } from './create-model.ts';
export { deleteModel } from './delete-model.ts';
export { describeModel } from './describe-model.ts';
export { listModels } from './list-models.ts';
