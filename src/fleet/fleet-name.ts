/** One variant of one generation of an endpoint: the name of its ECS service and task family. */
export interface FleetName {
  endpoint: string;
  variant: string;
  generation: string;
}

const PREFIX = 'headrace';

/** SageMaker's names hold no underscore, so the parts stay apart. ECS allows 255 characters. */
export function familyOf({ endpoint, variant, generation }: FleetName): string {
  return [PREFIX, endpoint, variant, generation].join('_');
}

/** The prefix that the families of every generation of `endpoint` share, and no other's. */
export function familyPrefix(endpoint?: string): string {
  return endpoint === undefined ? `${PREFIX}_` : `${PREFIX}_${endpoint}_`;
}

/** undefined when the family is not one of ours. */
export function parseFamily(family: string): FleetName | undefined {
  const [prefix, endpoint, variant, generation, ...rest] = family.split('_');
  if (prefix !== PREFIX || !endpoint || !variant || !generation || rest.length > 0)
    return undefined;
  return { endpoint, variant, generation };
}

/** Where the containers of an endpoint log; the streams are `<variant>/<container>/<task id>`. */
export function logGroupOf(endpoint: string): string {
  return `/headrace/Endpoints/${endpoint}`;
}

export function logStreamOf(variant: string, container: string, taskId: string): string {
  return `${variant}/${container}/${taskId}`;
}

/** ContainerHostname has no underscore, so no stage can be called like these. */
export const ROUTER_CONTAINER = 'headrace_router';
export const LOADER_CONTAINER = 'headrace_loader';
