import * as endpointConfigs from './endpoint-configs/index.ts';
import * as endpoints from './endpoints/index.ts';
import * as models from './models/index.ts';
import type { Operation } from './protocol/operation.ts';
import * as tags from './tags/index.ts';

/** Every control-plane operation, by the name that X-Amz-Target gives. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [models, endpointConfigs, endpoints, tags]
    .flatMap((operations) => Object.values<Operation>(operations))
    .map((operation) => [operation.name, operation]),
);
