import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import {
  type RuntimeWorld,
  runtimeContract,
  SERVE,
} from '../../../test/support/ecs/runtime-contract.ts';
import { openEngineWorld } from '../../../test/support/ecs/scripted-engine.ts';
import { describeWithEngine } from '../../../test/support/engine.ts';
import { processesWith } from '../../../test/support/processes.ts';

async function processWorld(): Promise<RuntimeWorld> {
  const real = new RealEcs();
  const tasks = join(real.dir, 'data/ecs/tasks');
  return {
    real,
    ecs: await real.start({ environment: { PATH: process.env.PATH, MARKER: 'leaks' } }),
    image: real.image('scripted', SERVE),
    leftovers: async () => [...readdirSync(tasks), ...processesWith(real.dir).map(String)],
    close: () => real.close(),
  };
}

describe('tasks as processes', () => runtimeContract(processWorld));

await describeWithEngine('tasks in an engine', (docker) =>
  runtimeContract(() => openEngineWorld(docker)),
);
