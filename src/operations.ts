import * as endpointConfigs from './endpoint-configs/index.ts';
import * as endpointConfigsByRest from './endpoint-configs/rest.ts';
import * as endpoints from './endpoints/index.ts';
import * as endpointsByRest from './endpoints/rest.ts';
import * as models from './models/index.ts';
import type { Operation } from './protocol/operation.ts';
import * as tags from './tags/index.ts';
import * as transforms from './transforms/index.ts';
import * as transformsByRest from './transforms/rest.ts';
import * as triggers from './triggers/index.ts';

/** Every control-plane operation, by the name that X-Amz-Target gives. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [models, endpointConfigs, endpoints, transforms, tags]
    .flatMap((operations) => Object.values<Operation>(operations))
    .map((operation) => [operation.name, operation]),
);

/** What the REST view serves: the same, some of them with more members, and triggers, which are ours. */
export const REST_OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...OPERATIONS,
  ...[endpointConfigsByRest, endpointsByRest, transformsByRest, triggers]
    .flatMap((operations) => Object.values<Operation>(operations))
    .map((operation): [string, Operation] => [operation.name, operation]),
]);
