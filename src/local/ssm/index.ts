export { SSM_TARGET, ssmOperations } from './operations.ts';
export { Parameters } from './parameters.ts';
export type { SsmContext } from './ssm-context.ts';
