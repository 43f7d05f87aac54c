export { createEndpointConfig } from './create-endpoint-config.ts';
export { deleteEndpointConfig } from './delete-endpoint-config.ts';
export { describeEndpointConfig } from './describe-endpoint-config.ts';
export { listEndpointConfigs } from './list-endpoint-configs.ts';
