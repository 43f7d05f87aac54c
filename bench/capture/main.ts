// npm run bench:capture — what data capture costs a router, by CPU time: see docs/data-capture.md.
// A router that captures nothing beside one that captures all, in turns. Loopback only.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, startLoad, stopAll } from '../router/processes.ts';
import { type Rival, startRouter } from '../router/rivals.ts';
import { median, spread } from '../router/statistics.ts';
import { cpuMicros } from '../router/usage.ts';
import { listen } from '../router/wire.ts';

const STAGES = 3;
const ROUNDS = 7;
const MILLISECONDS = 1_000;
/** Requests a second that S3 keeps up with: past that, captures are dropped, and cost little. */
const CASES = [
  { bytes: 200, rate: 2_000 },
  { bytes: 10_240, rate: 500 },
  { bytes: 1_048_576, rate: 8 },
];

const CAPTURE = {
  bucket: 'captured',
  prefix: '',
  samplingPercentage: 100,
  input: true,
  output: true,
};

/** Takes every object, and forgets it. */
const s3 = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
const dir = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
try {
  const environment = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await listen(s3)}`,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const { said } = await start<{ ports: number[] }>('stages.ts', [STAGES]);
  const folder = join(dir, 'router');
  const routers = [
    await startRouter('off', said.ports, folder),
    await startRouter('on', said.ports, folder, { settings: { capture: CAPTURE }, environment }),
  ];
  for (const one of CASES) await compare(routers, one);
} finally {
  await stopAll();
  s3.close();
  await rm(dir, { recursive: true });
}

interface Sample {
  readonly answers: number[];
  readonly all: number[];
}

/** µs a request: of the thread that answers, and of the whole process. */
async function compare(routers: Rival[], { bytes, rate }: (typeof CASES)[number]): Promise<void> {
  const samples = new Map<string, Sample>(
    routers.map(({ name }) => [name, { answers: [], all: [] }]),
  );
  const load = startLoad();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, pid = 0, ports } of round % 2 === 0 ? routers : routers.toReversed()) {
      const before = [await mainThreadMicros(pid), await cpuMicros(pid)] as const;
      const order = { ports, stages: STAGES, bytes, inFlight: 0, milliseconds: MILLISECONDS, rate };
      const { requests, errors } = await load.send(order);
      if (errors > 0) throw new Error(`capture ${name}: ${errors} requests failed.`);
      // The first round warms up.
      if (round === 0) continue;
      const sample = samples.get(name);
      sample?.answers.push(((await mainThreadMicros(pid)) - before[0]) / requests);
      sample?.all.push(((await cpuMicros(pid)) - before[1]) / requests);
    }
  }
  const lost = await lostBy(routers[1]);
  console.log(
    `\n${STAGES} stages, ${rate} requests a second of ${bytes} bytes; ${lost} not captured so far`,
  );
  const shown = (list: number[]) => `${median(list).toFixed(1)} ±${spread(list)}`;
  console.table(
    Object.fromEntries(
      [...samples].map(([name, { answers, all }]) => [
        `capture ${name}`,
        { 'µs/request, thread that answers': shown(answers), 'whole process': shown(all) },
      ]),
    ),
  );
}

async function mainThreadMicros(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
  return Number(line.split(' ', 1)[0]) / 1_000;
}

async function lostBy(router: Rival | undefined): Promise<string> {
  const text = await (await fetch(`http://127.0.0.1:${router?.ports[0]}/metrics`)).text();
  return /^headrace_capture_lost_total (\d+)$/m.exec(text)?.[1] ?? 'unknown';
}
