import * as z from 'zod';
import { parseFamily } from '../fleet/fleet-name.ts';

const own = z.object({ endpoint: z.string().min(1) });
const taskEvent = z.object({ detail: z.object({ group: z.string() }) });
const serviceEvent = z.object({ resources: z.array(z.string()) });

export function wakeMessage(endpoint: string): string {
  return JSON.stringify(z.parse(own, { endpoint }));
}

/**
 * The endpoint that a message of the queue speaks of: one of our own, or an ECS event as EventBridge
 * sends it ("ECS Task State Change": detail.group `service:<family>`; "ECS Service Action":
 * resources[0] the service's ARN). undefined: it concerns no endpoint of the stack.
 */
export function endpointToWake(stack: string, body: string): string | undefined {
  const message = parseMessage(body);
  const endpointOf = (service: string) => parseFamily(stack, service)?.endpoint;
  const ours = own.safeParse(message);
  if (ours.success) return ours.data.endpoint;
  const task = taskEvent.safeParse(message);
  if (task.success) return endpointOf(task.data.detail.group.replace(/^service:/, ''));
  const service = serviceEvent.safeParse(message);
  return endpointOf(service.data?.resources[0]?.split('/').at(-1) ?? '');
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
