import * as z from 'zod';
import { parseMessage } from '../endpoints/wake-message.ts';
import { parseJobFamily } from './job-fleet.ts';

const own = z.object({ transformJob: z.string().min(1) });
const taskEvent = z.object({ detail: z.object({ group: z.string() }) });

export function transformWakeMessage(transformJob: string): string {
  return JSON.stringify(z.parse(own, { transformJob }));
}

/**
 * The job that a message of the queue speaks of: one of our own, or an "ECS Task State Change" of a
 * task that RunTask started, whose group is `family:<family>`. undefined: it concerns no job of the
 * stack.
 */
export function transformJobToWake(stack: string, body: string): string | undefined {
  const message = parseMessage(body);
  const ours = own.safeParse(message);
  if (ours.success) return ours.data.transformJob;
  const task = taskEvent.safeParse(message);
  return parseJobFamily(stack, task.data?.detail.group.replace(/^family:/, '') ?? '')?.name;
}
