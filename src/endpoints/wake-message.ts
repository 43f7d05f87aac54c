import * as z from 'zod';
import { type FleetName, parseFamily } from '../fleet/fleet-name.ts';

const own = z.object({ endpoint: z.string().min(1), service: z.string().optional() });
const taskEvent = z.object({ detail: z.object({ group: z.string() }) });
const serviceEvent = z.object({ resources: z.array(z.string()) });

/** @param service one of its services, to be looked for by name: no list leads to it */
export function wakeMessage(endpoint: string, service?: string): string {
  return JSON.stringify(z.parse(own, { endpoint, service }));
}

/**
 * The endpoint that a message of the queue speaks of: one of our own, or an ECS event as EventBridge
 * sends it ("ECS Task State Change": detail.group `service:<family>`; "ECS Service Action":
 * resources[0] the service's ARN). undefined: it concerns no endpoint of the stack.
 */
export function endpointToWake(stack: string, body: string): string | undefined {
  const message = parseMessage(body);
  const ours = own.safeParse(message);
  return ours.success ? ours.data.endpoint : parseFamily(stack, serviceIn(message))?.endpoint;
}

/** The fleets that the messages speak of. */
export function fleetsToldOf(stack: string, bodies: string[]): FleetName[] {
  return bodies.flatMap((body) => parseFamily(stack, serviceIn(parseMessage(body))) ?? []);
}

function serviceIn(message: unknown): string {
  const ours = own.safeParse(message);
  if (ours.success) return ours.data.service ?? '';
  const task = taskEvent.safeParse(message);
  if (task.success) return task.data.detail.group.replace(/^service:/, '');
  const service = serviceEvent.safeParse(message);
  return service.data?.resources[0]?.split('/').at(-1) ?? '';
}

/** undefined for what is not JSON: it is no message of ours, and would come again for ever. */
export function parseMessage(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
