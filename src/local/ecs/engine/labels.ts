import type Docker from 'dockerode';
import { bounded, isConflict, isMissing } from './engine-error.ts';

/** The data folder of the stack that something in the engine belongs to. */
const STACK = 'headrace.stack';
const TASK = 'headrace.task';

const REMOVAL_TRIES = 5;
const REMOVAL_PAUSE_MS = 200;

export function labelsOf(stack: string, task: string): Record<string, string> {
  return { [STACK]: stack, [TASK]: task };
}

/** Removes every container and every volume of a stack, or of one task of it, whether it runs or not. */
export async function removeAllOf(docker: Docker, stack: string, task?: string): Promise<void> {
  const label = [`${STACK}=${stack}`, ...(task === undefined ? [] : [`${TASK}=${task}`])];
  const filters = { label };
  const containers = await docker.listContainers({ all: true, filters, ...bounded() });
  await Promise.all(
    containers.map(({ Id }) =>
      unlessGone(() => docker.getContainer(Id).remove({ force: true, v: true, ...bounded() })),
    ),
  );
  const { Volumes } = await docker.listVolumes({ filters: { label }, ...bounded() });
  // Some engines say null for none.
  await Promise.all(
    (Volumes ?? []).map(({ Name }) =>
      unlessGone(() => docker.getVolume(Name).remove({ force: true, ...bounded() })),
    ),
  );
}

/** A removal that somebody else has begun, or a volume whose container is just going, is waited for. */
async function unlessGone(remove: () => Promise<unknown>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await remove();
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (!isConflict(error) || tried === REMOVAL_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, REMOVAL_PAUSE_MS * tried));
    }
  }
}
