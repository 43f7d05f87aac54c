import { describe, expect, it } from 'vitest';
import { parseStackConfig } from './stack-config.ts';

const SOURCE = { file: 'headrace.config.yml', service: 'headrace', stage: 'prod' };

describe('the configuration of a stack', () => {
  it('may be empty', () => {
    expect(parseStackConfig(null, SOURCE)).toMatchObject({
      stack: 'headrace-prod',
      stage: 'prod',
      instanceTypes: { 'ml.c5.large': { min: 0, max: 4, spot: 0 } },
      network: { nat: false, zones: 2, callers: [] },
      executionRoles: ['headrace-prod/*'],
      maxContainers: 5,
      signIn: 'keys',
    });
  });

  it('takes what a stage has in the place of what all have', () => {
    const content = {
      maxContainers: 3,
      signIn: 'iam',
      stages: { prod: { maxContainers: 7 }, test: { signIn: 'none' } },
    };

    expect(parseStackConfig(content, SOURCE)).toMatchObject({ maxContainers: 7, signIn: 'iam' });
  });

  it.each<[string, object]>([
    ['maxContainer is no member', { maxContainer: 3 }],
    ['network.natt is no member', { network: { natt: true } }],
    [
      'instanceTypes.ml.c5.large.most is no member',
      { instanceTypes: { 'ml.c5.large': { most: 1 } } },
    ],
    ['instanceTypes.c5.large: is no instance type', { instanceTypes: { 'c5.large': {} } }],
    ['instanceTypes.ml.g5.xlarge: has an accelerator', { instanceTypes: { 'ml.g5.xlarge': {} } }],
    [
      'instanceTypes.ml.c5.large: min is 3, which is more than max, 1',
      { instanceTypes: { 'ml.c5.large': { min: 3 } } },
    ],
    ['instanceTypes: must offer one type', { instanceTypes: {} }],
    ['instanceTypes.ml.c5.large.spot: ', { instanceTypes: { 'ml.c5.large': { spot: 50 } } }],
    [
      'network.vpc.taskSubnets: ',
      {
        network: { vpc: { id: 'vpc-01234567', taskSubnets: [], hostSubnets: ['subnet-01234567'] } },
      },
    ],
    ['network.callers.0: must be the id of one, as sg-…', { network: { callers: ['sg'] } }],
    ['network.cidr: must be a block', { network: { cidr: '10.0.0.0/8' } }],
    ['buckets.0: must be the name of a bucket', { buckets: ['s3://mine'] }],
    ['executionRoles.0: must be a role', { executionRoles: ['arn:aws:iam::1:role/x'] }],
    ['maxContainers: ', { maxContainers: 8 }],
    ['logRetentionDays: must be one of 1, 3, 5', { logRetentionDays: 31 }],
    ['signIn: ', { signIn: 'key' }],
    ['alarms.email: ', { alarms: { email: 'nobody' } }],
    ['router.image: must be an image', { router: { image: '' } }],
    ['maxContainers: ', { stages: { prod: { maxContainers: 0 } } }],
    ['stages must hold', { stages: 7 }],
  ])('is refused with one line: %s…', (told, content) => {
    expect(() => parseStackConfig(content, SOURCE)).toThrow(
      new RegExp(`^headrace\\.config\\.yml: ${told.replaceAll('.', '\\.')}[^\\n]*$`),
    );
  });

  it.each(['Prod', 'pre_prod', 'a'.repeat(24)])('refuses the stage %o', (stage) => {
    expect(() => parseStackConfig({}, { ...SOURCE, stage })).toThrow(
      /^--stage: .*"headrace-[^\n]*$/,
    );
  });
});
