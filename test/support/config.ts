import { type Config, parseConfig } from '../../src/aws/config.ts';

/** A stack's settings, as its template would set them. */
export const testEnvironment = {
  AWS_REGION: 'us-east-1',
  HEADRACE_ACCOUNT: '123456789012',
  HEADRACE_STACK: 'headrace',
  HEADRACE_TABLE: 'headrace',
  HEADRACE_QUEUE_URL: 'http://127.0.0.1/queue',
  HEADRACE_CLUSTER: 'headrace',
  HEADRACE_ROUTER_IMAGE: '123456789012.dkr.ecr.us-east-1.amazonaws.com/headrace-router:1',
  HEADRACE_INSTANCE_TYPES: 'ml.c5.large,ml.m5.xlarge',
};

export const testConfig: Config = parseConfig(testEnvironment);
