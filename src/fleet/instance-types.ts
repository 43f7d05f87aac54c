/**
 * What an `ml.<family>.<size>` reserves on its EC2 instance. Source: the EC2 instance type pages,
 * by family: GiB of memory for each vCPU; by size: the number of vCPUs.
 */
const GIB_PER_VCPU: Record<string, number> = {
  c: 2,
  m: 4,
  r: 8,
  g: 4,
  p: 8,
  inf: 2,
  trn: 4,
  dl: 8,
};

const VCPUS: Record<string, number> = { medium: 1, large: 2, xlarge: 4 };

/** Burstable types have two vCPUs up to `large`, and grow in memory first. */
const T_SIZES: Record<string, Size> = {
  medium: { vcpus: 2, gib: 4 },
  large: { vcpus: 2, gib: 8 },
  xlarge: { vcpus: 4, gib: 16 },
  '2xlarge': { vcpus: 8, gib: 32 },
};

interface Size {
  vcpus: number;
  gib: number;
}

/** The kernel, the ECS agent and Docker: what EC2 offers is not what ECS may give away. */
const HOST_SHARE = 0.08;
const HOST_MIB = 128;

export function isSizedInstanceType(instanceType: string): boolean {
  return sizeOf(instanceType) !== undefined;
}

/** `cpu` in ECS units (1024 a vCPU) and `memory` in MiB, as strings, as a task definition has them. */
export function taskSize(instanceType: string): { cpu: string; memory: string } {
  const size = sizeOf(instanceType);
  if (size === undefined) throw new RangeError(`${instanceType} is no instance type`);
  const memory = Math.floor(size.gib * 1024 * (1 - HOST_SHARE)) - HOST_MIB;
  return { cpu: String(size.vcpus * 1024), memory: String(memory) };
}

function sizeOf(instanceType: string): Size | undefined {
  const [, family = '', size = ''] =
    /^ml\.([a-z]+)[a-z0-9-]*\.([a-z0-9]+)$/.exec(instanceType) ?? [];
  if (family === 't') return T_SIZES[size];
  const gibPerVcpu = GIB_PER_VCPU[family];
  const vcpus = VCPUS[size] ?? 4 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? Number.NaN);
  if (gibPerVcpu === undefined || !(vcpus > 0)) return undefined;
  return { vcpus, gib: vcpus * gibPerVcpu };
}
