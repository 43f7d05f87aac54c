import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../test/support/config.ts';
import { parseConfig } from './config.ts';

describe('the configuration', () => {
  it('needs little, and has defaults for the rest', () => {
    expect(parseConfig(testEnvironment)).toEqual({
      region: 'us-east-1',
      account: '123456789012',
      partition: 'aws',
      stack: 'headrace',
      auth: 'keys',
      ssmUrl: 'https://ssm.us-east-1.amazonaws.com',
      eventBridgeUrl: 'https://events.us-east-1.amazonaws.com',
      xrayDaemon: undefined,
      table: 'headrace',
      queueUrl: 'http://127.0.0.1/queue',
      cluster: 'headrace',
      routerImage: '123456789012.dkr.ecr.us-east-1.amazonaws.com/headrace-router:1',
      routerListen: '0.0.0.0',
      instanceTypes: ['ml.c5.large', 'ml.m5.xlarge'],
      maxContainers: 5,
      fileImages: false,
      bindToPortLabel: 'require',
      containerMetrics: true,
      subnets: [],
      securityGroups: [],
      executionRole: undefined,
      taskRole: undefined,
      drainSeconds: 20,
      logRetentionDays: 30,
      logUrl:
        'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group={group}',
    });
  });

  it.each([
    ['HEADRACE_INSTANCE_TYPES', '*', { instanceTypes: 'any' }],
    [
      'HEADRACE_INSTANCE_TYPES',
      ' ml.c5.large , ml.c5.xlarge',
      { instanceTypes: ['ml.c5.large', 'ml.c5.xlarge'] },
    ],
    ['HEADRACE_MAX_CONTAINERS', '15', { maxContainers: 15 }],
    ['HEADRACE_FILE_IMAGES', 'true', { fileImages: true }],
    ['HEADRACE_BIND_TO_PORT_LABEL', 'warn', { bindToPortLabel: 'warn' }],
    ['HEADRACE_SUBNETS', 'subnet-1,subnet-2', { subnets: ['subnet-1', 'subnet-2'] }],
    ['HEADRACE_LOG_URL', '/logs{group}', { logUrl: '/logs{group}' }],
  ])('takes %s=%s', (name, value, expected) => {
    expect(parseConfig({ ...testEnvironment, [name]: value })).toMatchObject(expected);
  });

  it.each([
    ['AWS_REGION', undefined],
    ['AWS_REGION', ''],
    ['HEADRACE_ACCOUNT', '12345'],
    ['HEADRACE_STACK', undefined],
    ['HEADRACE_STACK', 'head_race'],
    ['HEADRACE_STACK', 'Headrace'],
    ['HEADRACE_STACK', '2race'],
    ['HEADRACE_STACK', 'aws-race'],
    ['HEADRACE_STACK', 'h'.repeat(33)],
    ['HEADRACE_QUEUE_URL', 'queue'],
    ['HEADRACE_TABLE', undefined],
    ['HEADRACE_CLUSTER', undefined],
    ['HEADRACE_ROUTER_IMAGE', undefined],
    ['HEADRACE_ROUTER_LISTEN', 'localhost'],
    ['HEADRACE_INSTANCE_TYPES', ''],
    ['HEADRACE_INSTANCE_TYPES', 'ml.c5.large,,'],
    ['HEADRACE_MAX_CONTAINERS', '16'],
    ['HEADRACE_MAX_CONTAINERS', '0'],
    ['HEADRACE_MAX_CONTAINERS', 'five'],
    ['HEADRACE_FILE_IMAGES', 'yes'],
    ['HEADRACE_TRACING', 'true'],
    ['HEADRACE_BIND_TO_PORT_LABEL', 'maybe'],
    ['HEADRACE_LOG_RETENTION_DAYS', '0'],
  ])('is refused by name for %s=%s', (name, value) => {
    expect(() => parseConfig({ ...testEnvironment, [name]: value })).toThrow(
      new RegExp(`^The function's environment is wrong: ${name}`),
    );
  });

  it.each([
    ['xray', '169.254.79.129:2000', '169.254.79.129:2000'],
    ['off', '169.254.79.129:2000', undefined],
    ['xray', undefined, undefined],
  ])('with tracing %s and a daemon at %s, traces go to %s', (tracing, address, xrayDaemon) => {
    const own = { HEADRACE_TRACING: tracing, AWS_XRAY_DAEMON_ADDRESS: address };

    expect(parseConfig({ ...testEnvironment, ...own })).toMatchObject({ xrayDaemon });
  });

  it('tells everything that is wrong on one line', () => {
    const wrong = { ...testEnvironment, HEADRACE_TABLE: '', HEADRACE_ACCOUNT: 'mine' };

    expect(() => parseConfig(wrong)).toThrow(/^(?=.*HEADRACE_TABLE)(?=.*HEADRACE_ACCOUNT).*$/);
  });
});
