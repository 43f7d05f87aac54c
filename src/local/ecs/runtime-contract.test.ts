import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { describeWithEngine } from '../../../test/support/engine.ts';
import { processesWith } from '../../../test/support/processes.ts';
import { openEngineWorld } from './engine/scripted-engine.ts';
import { RealEcs } from './real-ecs.ts';
import { type RuntimeWorld, runtimeContract, SERVE } from './runtime-contract.ts';

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
