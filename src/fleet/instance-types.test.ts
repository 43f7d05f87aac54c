import { describe, expect, it } from 'vitest';
import { isSizedInstanceType, taskSize } from './instance-types.ts';

/** vCPUs and GiB as the EC2 instance type pages have them, one or more for each family. */
const EC2: [type: string, vcpus: number, gib: number][] = [
  ['ml.t2.medium', 2, 4],
  ['ml.t2.2xlarge', 8, 32],
  ['ml.c4.large', 2, 3.75],
  ['ml.c5.large', 2, 4],
  ['ml.c5.9xlarge', 36, 72],
  ['ml.c5.18xlarge', 72, 144],
  ['ml.c6in.32xlarge', 128, 256],
  ['ml.c8g.medium', 1, 2],
  ['ml.m4.10xlarge', 40, 160],
  ['ml.m5.large', 2, 8],
  ['ml.m5d.24xlarge', 96, 384],
  ['ml.m8g.medium', 1, 4],
  ['ml.r5.large', 2, 16],
  ['ml.r8g.medium', 1, 8],
  ['ml.r7gd.16xlarge', 64, 512],
  ['ml.p2.xlarge', 4, 61],
  ['ml.p2.16xlarge', 64, 732],
  ['ml.p3.2xlarge', 8, 61],
  ['ml.p3.8xlarge', 32, 244],
  ['ml.p3.16xlarge', 64, 488],
  ['ml.p4d.24xlarge', 96, 1152],
  ['ml.p5.4xlarge', 16, 256],
  ['ml.p5.48xlarge', 192, 2048],
  ['ml.p6-b200.48xlarge', 192, 2048],
  ['ml.g4dn.xlarge', 4, 16],
  ['ml.g4dn.12xlarge', 48, 192],
  ['ml.g5.48xlarge', 192, 768],
  ['ml.g6e.xlarge', 4, 32],
  ['ml.inf1.xlarge', 4, 8],
  ['ml.inf1.24xlarge', 96, 192],
  ['ml.inf2.xlarge', 4, 16],
  ['ml.trn1.2xlarge', 8, 32],
  ['ml.trn1n.32xlarge', 128, 512],
  ['ml.dl1.24xlarge', 96, 768],
];

describe('the size of a task', () => {
  it.each(EC2)('fits %s, and takes most of its CPU', (type, vcpus, gib) => {
    const { cpu, memory } = taskSize(type);

    expect(cpu).toBe(String(vcpus * 1024));
    expect(Number(memory)).toBeLessThan(gib * 1024 - 128);
    expect(Number(memory)).toBeGreaterThan(0);
  });

  it('leaves the host a share of it, for the agent and for Docker', () => {
    expect(taskSize('ml.c5.large')).toEqual({ cpu: '2048', memory: '3640' });
    expect(taskSize('ml.m5.24xlarge')).toEqual({ cpu: '98304', memory: '361630' });
  });

  it('is refused for what is no type', () => {
    expect(() => taskSize('ml.z9.large')).toThrow('ml.z9.large is no instance type');
  });
});

/** Families and sizes of SageMaker's own enum, one line a shape. */
it.each([
  't2 medium large xlarge 2xlarge',
  'm4 xlarge 2xlarge 4xlarge 10xlarge 16xlarge',
  'm5 large 12xlarge 24xlarge',
  'c5d large 9xlarge 18xlarge',
  'r5d 4xlarge',
  'g4dn xlarge 16xlarge',
  'inf1 6xlarge',
  'p4de 24xlarge',
  'r6i 32xlarge',
  'g7e 2xlarge 48xlarge',
  'c6gn 16xlarge',
  'trn2 48xlarge',
  'p5en 48xlarge',
  'p6-b300 48xlarge',
  'p6e-gb200 36xlarge',
  'r7gd medium',
])('knows the sizes of ml.%s', (line) => {
  const [family, ...sizes] = line.split(' ');

  for (const size of sizes) expect(isSizedInstanceType(`ml.${family}.${size}`)).toBe(true);
});

it.each([
  'c5.large',
  'ml.c5',
  'ml.c5.',
  'ml.c5.huge',
  'ml.c5.0xlarge',
  'ml..large',
  'ML.c5.large',
  'ml.c5.largexlarge',
  '',
])('takes %o for no type', (type) => {
  expect(isSizedInstanceType(type)).toBe(false);
});
