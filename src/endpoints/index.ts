export { createEndpoint } from './create-endpoint.ts';
export { deleteEndpoint } from './delete-endpoint.ts';
export { describeEndpoint } from './describe-endpoint.ts';
export { listEndpoints } from './list-endpoints.ts';
export { updateEndpoint } from './update-endpoint.ts';
export { updateEndpointWeightsAndCapacities } from './update-weights-and-capacities.ts';
