import type Docker from 'dockerode';
import { describe } from 'vitest';
import { findEngine } from '../../src/local/ecs/engine/find-engine.ts';

/**
 * A `describe` for tests that need a container engine: they are skipped, with the reason in their name,
 * where none answers. With HEADRACE_REQUIRE_ENGINE=true (CI sets it) they fail there instead.
 */
export async function describeWithEngine(
  name: string,
  tests: (docker: Docker) => void,
): Promise<void> {
  try {
    const { docker } = await findEngine(process.env);
    describe(name, () => tests(docker));
  } catch (error) {
    if (process.env.HEADRACE_REQUIRE_ENGINE === 'true') throw error;
    describe.skip(`${name}: no container engine answers`, () => tests(undefined as never));
  }
}

/** What is in the engine with the label of `stack`: names of containers and volumes. */
export async function tracesIn(docker: Docker, stack: string): Promise<string[]> {
  const filters = { label: [`headrace.stack=${stack}`] };
  const [containers, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
  ]);
  return [...containers.flatMap(({ Names }) => Names), ...(Volumes ?? []).map(({ Name }) => Name)];
}
