import type { EndpointRecord } from '../../src/endpoints/endpoint-record.ts';
import type { DeployedVariant } from '../../src/fleet/deployed-variant.ts';
import type { ObservedTask } from '../../src/fleet/observed-fleet.ts';
import { newRecord } from '../../src/records/named-record.ts';

/** A variant that runs two containers on one instance, with the times that are the default. */
export function variantOf(more: Partial<DeployedVariant> = {}): DeployedVariant {
  return {
    name: 'AllTraffic',
    modelName: 'abalone',
    model: {
      containers: [{ Image: 'registry.example/a:1' }, { Image: 'registry.example/b:1' }],
      isPrimary: false,
      mode: 'Serial',
    },
    instanceType: 'ml.c5.large',
    instanceCount: 1,
    weight: 1,
    routing: 'RANDOM',
    provisionTimeoutSeconds: 900,
    downloadTimeoutSeconds: 900,
    startupTimeoutSeconds: 480,
    ...more,
  };
}

/** The record of an endpoint called `abalone`, being created since `created`. */
export function recordOf(created: number, more: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    ...newRecord('endpoint', 'abalone', created, 'incarnation', {}),
    revision: 1,
    written: 'w',
    status: 'Creating',
    statusAndName: 'Creating#abalone',
    lastModifiedTime: created,
    endpointConfigName: 'abalone-config',
    generation: 'g1',
    ...more,
  };
}

/** A task that runs, is not healthy yet, and was created and started at `created`. */
export function taskOf(created: number, more: Partial<ObservedTask> = {}): ObservedTask {
  return {
    id: `task-${created}`,
    phase: 'running',
    health: 'UNKNOWN',
    address: '10.0.0.9:8080',
    createdAt: created,
    startedAt: created,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [],
    ...more,
  };
}
