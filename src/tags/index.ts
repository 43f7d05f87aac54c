export { addTags } from './add-tags.ts';
export { deleteTags } from './delete-tags.ts';
export { listTags } from './list-tags.ts';
