import { makeHome } from '../../test/support/run-stack.ts';
import { swapsUnderLoad } from './swaps-under-load.ts';

/** In N requests over M swaps every request got exactly one complete answer from one generation. */
const SWAPS = Number(process.argv[2] ?? 50);
const PER_SECOND = Number(process.argv[3] ?? 100);

const home = await makeHome();
try {
  const run = await swapsUnderLoad(home, { swaps: SWAPS, perSecond: PER_SECOND }, console.log);
  const failures = run.lost.length + run.doubled.length + run.mixed.length;
  const bound =
    failures === 0 ? `at most ${((3 / run.requests) * 100).toFixed(4)} % (95 %, 3/N)` : '';
  console.log(`
requests  ${run.requests} at ${PER_SECOND} a second, open loop, half of them on new connections
swaps     ${run.swaps}
lost      ${run.lost.length}
doubled   ${run.doubled.length}
mixed     ${run.mixed.length}
failures  ${failures} ${bound}
update    median ${median(run.updateMs)} ms, longest ${Math.max(...run.updateMs)} ms (UpdateEndpoint to InService)
blue      last request ${Math.max(...run.blueAfterMs)} ms after InService at the latest`);
  for (const reason of run.lost.slice(0, 5)) console.log(`  lost: ${reason}`);
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  await home.remove();
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
