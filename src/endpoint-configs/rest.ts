export { createEndpointConfigByRest } from './create-endpoint-config.ts';
export { describeEndpointConfigByRest } from './describe-endpoint-config.ts';
