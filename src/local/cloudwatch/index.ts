export { CloudWatch } from './cloudwatch.ts';
export { CLOUDWATCH_TARGET, cloudwatchOperations } from './operations.ts';
export { QUERY_CODES } from './query-codes.ts';
