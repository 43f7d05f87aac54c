/** One variant of one generation of an endpoint: it has an ECS service and a task family of its own. */
export interface FleetName {
  endpoint: string;
  variant: string;
  generation: string;
}

/** Tells a fleet from every other of its stack. */
export function fleetId({ endpoint, variant, generation }: FleetName): string {
  return [endpoint, variant, generation].join('_');
}

/**
 * What ECS calls the fleet's service and its task family. Neither a stack's name nor SageMaker's names
 * hold an underscore, so the parts stay apart: 32 + 63 + 63 + 12 characters and three `_` of the 255 that ECS allows.
 */
export function familyOf(stack: string, fleet: FleetName): string {
  return `${stack}_${fleetId(fleet)}`;
}

/** The prefix that the families of every generation of `endpoint` share, and no other's. */
export function familyPrefix(stack: string, endpoint?: string): string {
  return endpoint === undefined ? `${stack}_` : `${stack}_${endpoint}_`;
}

/** undefined when the family is not an endpoint's of this stack. */
export function parseFamily(stack: string, family: string): FleetName | undefined {
  const [prefix, endpoint, variant, generation, ...rest] = family.split('_');
  if (prefix !== stack || !endpoint || !variant || !generation || rest.length > 0) return undefined;
  return { endpoint, variant, generation };
}

/** Where the containers of an endpoint log; the streams are `<variant>/<container>/<task id>`. */
export function logGroupOf(stack: string, endpoint: string): string {
  return `/${stack}/Endpoints/${endpoint}`;
}

export function logStreamOf(variant: string, container: string, taskId: string): string {
  return `${variant}/${container}/${taskId}`;
}

/** ContainerHostname has no underscore, so no stage can be called like these. */
export const ROUTER_CONTAINER = 'headrace_router';
export const LOADER_CONTAINER = 'headrace_loader';
