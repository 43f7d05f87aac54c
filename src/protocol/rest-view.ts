import { jsonBody } from './aws-json.ts';
import { UnknownOperationException, ValidationException } from './errors.ts';
import { type GatewayEvent, type GatewayResult, segmentsOf } from './gateway-event.ts';
import type { Operation, Services } from './operation.ts';

interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `:Member` takes a segment as that member. */
  path: string;
  operation: string;
}

/** The operations for people with curl. Members that are not in the path are in the query or body. */
const ROUTES: RestRoute[] = [
  ...nounRoutes('models', 'Model', 'ModelName'),
  ...nounRoutes('endpoint-configs', 'EndpointConfig', 'EndpointConfigName'),
  ...nounRoutes('endpoints', 'Endpoint', 'EndpointName'),
  { method: 'PUT', path: 'endpoints/:EndpointName', operation: 'UpdateEndpoint' },
  {
    method: 'PUT',
    path: 'endpoints/:EndpointName/weights-and-capacities',
    operation: 'UpdateEndpointWeightsAndCapacities',
  },
  {
    method: 'GET',
    path: 'endpoints/:EndpointName/dashboard',
    operation: 'GetEndpointDashboard',
  },
  { method: 'GET', path: 'transform-jobs', operation: 'ListTransformJobs' },
  { method: 'POST', path: 'transform-jobs', operation: 'CreateTransformJob' },
  {
    method: 'GET',
    path: 'transform-jobs/:TransformJobName',
    operation: 'DescribeTransformJob',
  },
  {
    method: 'POST',
    path: 'transform-jobs/:TransformJobName/stop',
    operation: 'StopTransformJob',
  },
  { method: 'GET', path: 'transform-triggers', operation: 'ListTransformTriggers' },
  {
    method: 'PUT',
    path: 'transform-triggers/:TransformTriggerName',
    operation: 'PutTransformTrigger',
  },
  {
    method: 'GET',
    path: 'transform-triggers/:TransformTriggerName',
    operation: 'GetTransformTrigger',
  },
  {
    method: 'DELETE',
    path: 'transform-triggers/:TransformTriggerName',
    operation: 'DeleteTransformTrigger',
  },
  { method: 'GET', path: 'tags', operation: 'ListTags' },
  { method: 'POST', path: 'tags', operation: 'AddTags' },
  { method: 'DELETE', path: 'tags', operation: 'DeleteTags' },
];

function nounRoutes(path: string, noun: string, name: string): RestRoute[] {
  return [
    { method: 'GET', path, operation: `List${noun}s` },
    { method: 'POST', path, operation: `Create${noun}` },
    { method: 'GET', path: `${path}/:${name}`, operation: `Describe${noun}` },
    { method: 'DELETE', path: `${path}/:${name}`, operation: `Delete${noun}` },
  ];
}

/** One request of the REST view: the same operations, members and errors as AWS JSON. */
export async function restView(
  event: GatewayEvent,
  operations: ReadonlyMap<string, Operation>,
  services: Services,
): Promise<GatewayResult> {
  const { operation, members } = match(event);
  const input = { ...jsonBody(event), ...queryMembers(event), ...members };
  const output = await operations.get(operation)?.run(input, services);
  return {
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-RequestId': event.requestContext.requestId,
    },
    body: output === undefined ? '' : `${JSON.stringify(output, null, 2)}\n`,
  };
}

function match(event: GatewayEvent): { operation: string; members: Record<string, string> } {
  const onPath = routesOn(event);
  const route = onPath.find(({ method }) => method === event.httpMethod);
  if (route !== undefined) return route;
  if (onPath.length > 0) {
    const methods = onPath.map(({ method }) => method).join(', ');
    throw new UnknownOperationException(`${event.path} takes ${methods}.`, 405);
  }
  const nouns = [...new Set(ROUTES.map(({ path }) => `/${path.split('/')[0]}`))].join(', ');
  throw new UnknownOperationException(
    `Nothing is served at ${event.httpMethod} ${event.path}. SDKs post to /; the REST view has ${nouns}.`,
    404,
  );
}

/** The operation that a request of the REST view asks for; empty when it asks for none. */
export function restOperation(event: GatewayEvent): string {
  return routesOn(event).find(({ method }) => method === event.httpMethod)?.operation ?? '';
}

function routesOn(event: GatewayEvent): (RestRoute & { members: Record<string, string> })[] {
  const segments = segmentsOf(event);
  return ROUTES.flatMap((route) => {
    const members = pathMembers(route.path.split('/'), segments);
    return members === undefined ? [] : [{ ...route, members }];
  });
}

function pathMembers(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const members: Record<string, string> = {};
  for (const [position, part] of pattern.entries()) {
    const segment = segments[position] ?? '';
    if (part.startsWith(':')) members[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return members;
}

const NUMBERS = /^(MaxResults|CreationTime(Before|After)|LastModifiedTime(Before|After))$/;

/** Times may be given as epoch seconds or as ISO 8601. TagKeys is a list, divided by commas. */
function queryMembers(event: GatewayEvent): Record<string, unknown> {
  const given = Object.entries(event.queryStringParameters ?? {});
  return Object.fromEntries(
    given.map(([name, value = '']) => {
      if (name === 'TagKeys') return [name, value.split(',')];
      return [name, NUMBERS.test(name) ? numberOf(name, value) : value];
    }),
  );
}

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (value !== '' && Number.isFinite(number)) return number;
  const time = name.includes('Time') ? Date.parse(value) / 1000 : Number.NaN;
  if (Number.isFinite(time)) return time;
  const kind = name.includes('Time') ? 'a time (epoch seconds or ISO 8601)' : 'a number';
  throw new ValidationException(
    `1 validation error detected: Value '${value}' at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must be ${kind}`,
  );
}
