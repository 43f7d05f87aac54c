import type { LoadReport } from './load.ts';
import type { Case, Plan } from './plans.ts';
import { start, startLoad, stop, stopAll } from './processes.ts';
import { RIVALS, type Rival, startRival } from './rivals.ts';
import { median, percentile, spread } from './statistics.ts';
import { cpuMicros, peakBytes, resetPeak } from './usage.ts';

type Load = ReturnType<typeof startLoad>;

const MB = 1_048_576;

/** Runs the plan and prints its tables. */
export async function measure(plan: Plan, rounds: number, dir: string): Promise<void> {
  try {
    const load = startLoad();
    for (const stages of new Set(plan.cases.map((one) => one.stages))) {
      const { said } = await start<{ ports: number[] }>('stages.ts', [stages]);
      const rivals = await startRivals(said.ports, dir);
      await check(rivals, stages, load);
      for (const one of plan.cases.filter((it) => it.stages === stages)) {
        await closedLoop(one, plan.milliseconds, rounds, rivals, load);
      }
      if (stages === 3) {
        for (const { bytes, rate } of plan.rates) {
          await openLoop(
            { stages, bytes, inFlight: 0 },
            rate,
            plan.milliseconds,
            rounds,
            rivals,
            load,
          );
        }
        await memory(rivals, stages, load);
      }
      for (const { child } of rivals) if (child) await stop(child);
    }
  } finally {
    await stopAll();
  }
}

async function startRivals(ports: readonly number[], dir: string): Promise<Rival[]> {
  const rivals: Rival[] = [];
  for (const name of RIVALS) {
    const rival = await startRival(name, ports, dir);
    if (rival === undefined) console.log(`${name}: not installed here, left out`);
    else rivals.push(rival);
  }
  return rivals;
}

/** Every rival answers rightly before anything is measured; and is warm. */
async function check(rivals: readonly Rival[], stages: number, load: Load): Promise<void> {
  for (const { name, ports } of rivals) {
    for (const bytes of [1, 200, 10_240, 5 * MB]) {
      const milliseconds = bytes === 200 ? 2_500 : 60;
      const report = await load.send({ ports, stages, bytes, inFlight: 4, milliseconds });
      if (report.errors > 0) throw new Error(`${name} answers ${bytes} bytes wrongly.`);
    }
  }
}

interface Sample {
  readonly cpu: number;
  readonly rate: number;
  readonly mean: number;
}

async function closedLoop(
  { stages, inFlight, bytes }: Case,
  milliseconds: number,
  rounds: number,
  rivals: readonly Rival[],
  load: Load,
): Promise<void> {
  const samples = new Map<string, Sample[]>(rivals.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const rival of rotated(rivals, round)) {
      const { pid, ports, name } = rival;
      const before = pid === undefined ? 0 : await cpuMicros(pid);
      const report = await load.send({ ports, stages, bytes, inFlight, milliseconds });
      const used = pid === undefined ? 0 : (await cpuMicros(pid)) - before;
      expectNoErrors(name, report);
      samples.get(name)?.push({
        cpu: used / report.requests,
        rate: report.requests / report.seconds,
        mean: report.latencies.reduce((sum, ms) => sum + ms, 0) / report.requests,
      });
    }
  }
  console.log(`\n${stages} stages, ${inFlight} in flight, ${size(bytes)}`);
  const nginx = median((samples.get('nginx+njs') ?? []).map(({ cpu }) => cpu));
  console.table(
    Object.fromEntries(
      [...samples].map(([name, list]) => {
        const cpu = list.map((one) => one.cpu);
        return [
          name,
          {
            'CPU µs/request': name === 'floor' ? '' : `${median(cpu).toFixed(1)} ±${spread(cpu)}`,
            'of nginx': name === 'floor' ? '' : (median(cpu) / nginx).toFixed(2),
            'requests/s': Math.round(median(list.map(({ rate }) => rate))),
            'mean ms': median(list.map(({ mean }) => mean)).toFixed(3),
          },
        ];
      }),
    ),
  );
}

async function openLoop(
  { stages, bytes }: Case,
  rate: number,
  milliseconds: number,
  rounds: number,
  rivals: readonly Rival[],
  load: Load,
): Promise<void> {
  const added = new Map<string, { mean: number; p50: number; p99: number }[]>();
  for (let round = 0; round < rounds; round += 1) {
    let floor: readonly number[] = [];
    for (const { name, ports } of rivals) {
      const report = await load.send({ ports, stages, bytes, inFlight: 0, milliseconds, rate });
      expectNoErrors(name, report);
      if (name === 'floor') floor = report.latencies;
      const list = added.get(name) ?? [];
      added.set(name, list);
      const over = (of: (latencies: readonly number[]) => number) =>
        of(report.latencies) - of(floor);
      list.push({
        mean: over((all) => all.reduce((sum, ms) => sum + ms, 0) / all.length),
        p50: over((all) => percentile(all, 0.5)),
        p99: over((all) => percentile(all, 0.99)),
      });
    }
  }
  console.log(
    `\nAdded over the floor, open loop at ${rate}/s, ${stages} stages, ${size(bytes)} (ms)`,
  );
  console.table(
    Object.fromEntries(
      [...added]
        .filter(([name]) => name !== 'floor')
        .map(([name, list]) => [
          name,
          {
            mean: median(list.map(({ mean }) => mean)).toFixed(3),
            p50: median(list.map(({ p50 }) => p50)).toFixed(3),
            p99: median(list.map(({ p99 }) => p99)).toFixed(3),
          },
        ]),
    ),
  );
}

/** The most that each holds while 64 requests of 5 MB are under way. */
async function memory(rivals: readonly Rival[], stages: number, load: Load): Promise<void> {
  const [inFlight, bytes] = [64, 5 * MB];
  console.log(`\nPeak memory, ${inFlight} in flight, ${size(bytes)}`);
  const rows: Record<string, object> = {};
  for (const { name, pid, ports } of rivals) {
    if (pid === undefined) continue;
    await resetPeak(pid);
    const report = await load.send({ ports, stages, bytes, inFlight, milliseconds: 1_500 });
    expectNoErrors(name, report);
    const peak = await peakBytes(pid);
    rows[name] = {
      MB: Math.round(peak / MB),
      'of the bytes in flight': (peak / (inFlight * bytes)).toFixed(2),
    };
  }
  console.table(rows);
}

function expectNoErrors(name: string, { errors, requests }: LoadReport): void {
  if (errors > 0 || requests === 0) {
    throw new Error(`${name}: ${errors} of ${requests + errors} requests failed.`);
  }
}

/** Each round begins with another one, so that none always has the same one before it. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function size(bytes: number): string {
  if (bytes >= MB) return `${bytes / MB} MB`;
  return bytes >= 1024 ? `${bytes / 1024} KB` : `${bytes} B`;
}
