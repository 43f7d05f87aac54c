// npm run bench:router — see docs/router.md. Loopback only.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import { fullPlan, quickPlan } from './plans.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    stages: { type: 'string' },
  },
});
const dir = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
try {
  const plan = values.full ? fullPlan : quickPlan;
  const cases = plan.cases.filter(
    ({ stages }) => String(stages) === (values.stages ?? `${stages}`),
  );
  await measure({ ...plan, cases }, Number(values.rounds ?? plan.rounds), dir);
} finally {
  await rm(dir, { recursive: true });
}
