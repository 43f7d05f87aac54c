export { createEndpoint } from './create-endpoint.ts';
export { deleteEndpoint } from './delete-endpoint.ts';
export { describeEndpoint } from './describe-endpoint.ts';
export { listEndpoints } from './list-endpoints.ts';
