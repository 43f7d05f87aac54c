import type { Task } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { isServing, observedTask } from './observed-fleet.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:task/headrace/0123456789abcdef';

function task(more: Task = {}): Task {
  return {
    taskArn: ARN,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    healthStatus: 'HEALTHY',
    createdAt: new Date(1_000),
    startedAt: new Date(2_000),
    containers: [
      { name: 'container-1', networkInterfaces: [{ privateIpv4Address: '10.0.0.9' }] },
      { name: 'headrace_router', networkInterfaces: [{ privateIpv4Address: '10.0.0.9' }] },
    ],
    ...more,
  };
}

it('sees a task as ECS shows it', () => {
  const stopped = task({
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    healthStatus: 'UNKNOWN',
    stoppingAt: new Date(3_000),
    stoppedAt: new Date(4_000),
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [
      { name: 'container-1', exitCode: 3 },
      { name: 'container-2', reason: 'OutOfMemoryError' },
    ],
  });

  expect(observedTask(stopped)).toEqual({
    id: '0123456789abcdef',
    phase: 'stopped',
    health: 'UNKNOWN',
    address: undefined,
    createdAt: 1_000,
    startedAt: 2_000,
    stoppedAt: 3_000,
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [
      { name: 'container-1', exitCode: 3, reason: undefined },
      { name: 'container-2', exitCode: undefined, reason: 'OutOfMemoryError' },
    ],
  });
});

it.each([
  ['PROVISIONING', 'RUNNING', 'placing'],
  ['PENDING', 'RUNNING', 'starting'],
  ['ACTIVATING', 'RUNNING', 'starting'],
  ['RUNNING', 'RUNNING', 'running'],
  ['RUNNING', 'STOPPED', 'stopping'],
  ['PENDING', 'STOPPED', 'stopping'],
  ['PROVISIONING', 'STOPPED', 'stopping'],
  ['DEPROVISIONING', 'STOPPED', 'stopping'],
  ['STOPPED', 'STOPPED', 'stopped'],
  // ECS makes no promise which of the two changes first.
  ['STOPPED', 'RUNNING', 'stopped'],
])('takes a task that is %s and wanted %s for %s', (lastStatus, desiredStatus, phase) => {
  expect(observedTask(task({ lastStatus, desiredStatus })).phase).toBe(phase);
});

describe('the address', () => {
  it('is the own one of the task', () => {
    expect(observedTask(task()).address).toBe('10.0.0.9:8080');
  });

  it('is the port on the host where ports are mapped, and of the router only', () => {
    const containers = [
      {
        name: 'headrace_router',
        networkInterfaces: [{ privateIpv4Address: '127.0.0.1' }],
        networkBindings: [
          { containerPort: 9090, hostPort: 1 },
          { containerPort: 8080, hostPort: 31_000 },
        ],
      },
    ];

    expect(observedTask(task({ containers })).address).toBe('127.0.0.1:31000');
  });

  it('is none while the router has no interface', () => {
    expect(
      observedTask(task({ containers: [{ name: 'headrace_router' }] })).address,
    ).toBeUndefined();
    expect(observedTask(task({ containers: undefined })).address).toBeUndefined();
  });
});

describe('a task serves', () => {
  it('when it runs, is healthy and has an address', () => {
    expect(isServing(observedTask(task()))).toBe(true);
  });

  it.each<[string, Task]>([
    ['that is not known to be healthy', { healthStatus: 'UNKNOWN' }],
    ['without a health status', { healthStatus: undefined }],
    ['that is unhealthy', { healthStatus: 'UNHEALTHY' }],
    ['that is wanted no more', { desiredStatus: 'STOPPED' }],
    ['that is still starting', { lastStatus: 'PENDING' }],
    ['that has no address', { containers: [] }],
  ])('but not one %s', (_, more) => {
    expect(isServing(observedTask(task(more)))).toBe(false);
  });
});
