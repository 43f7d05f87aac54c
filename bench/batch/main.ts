import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BatchSettings } from '../../src/batch/config.ts';
import { ensureTable, startDynamoDB } from '../../src/local/dynamodb.ts';
import { bundleRouter } from '../../src/router/bundle.ts';
import { workerMemory } from '../../src/transforms/job-task.ts';
import { median } from '../router/statistics.ts';
import { LINE_BYTES } from './fake-s3.ts';
import type { Usage } from './usage.ts';

const HELP = `How fast the batch worker is, beside a plain loop over the same data: npm run bench:batch

  --full                   longer runs, and memory at 2 GB as well
  multi, single, memory    only these of its parts (all, if none is named)
`;
const PARTS = ['multi', 'single', 'memory'] as const;
const { values: options, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.find((part) => !PARTS.some((known) => known === part));
if (options.help || unknown !== undefined) {
  console.log(unknown === undefined ? HELP : `There is no part ${unknown}.\n\n${HELP}`);
  process.exit(unknown === undefined ? 0 : 1);
}
const parts: readonly string[] = positionals.length === 0 ? PARTS : positionals;
const IS_FULL = options.full;
const CONCURRENCY = 8;
const MB = 1_000_000;
const MULTI_LINES = (IS_FULL ? 100 * MB : 20 * MB) / LINE_BYTES;
const SINGLE_LINES = IS_FULL ? 60_000 : 20_000;
/** Of which the medians are printed. */
const ROUNDS = IS_FULL ? 5 : 3;
/** Lines that fill a request of 1 MB. */
const PER_REQUEST = Math.floor((1024 * 1024) / LINE_BYTES);

const children: ChildProcess[] = [];
const image = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
let runs = 0;

function start<T>(file: string, args: (string | number)[] = [], env: Record<string, string> = {}) {
  const child = fork(join(import.meta.dirname, file), args.map(String), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  const said = new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return { child, said };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The router of a task with so many stages, and the environment of what runs beside it. */
async function startPipeline(stages: number, s3: number, dynamodb: string) {
  const ports = await start<number[]>('stages.ts', [stages]).said;
  const names = ports.map((_, position) => `stage-${position + 1}`);
  const routerPort = await freePort();
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3}`,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    HEADRACE_ROUTER_PORT: String(routerPort),
    HEADRACE_STAGE_PORTS: ports.join(','),
    HEADRACE_ROUTER: JSON.stringify({
      endpoint: 'bench',
      variant: 'transform',
      region: 'us-east-1',
      account: '000000000000',
      mode: 'Serial',
      stages: names,
      logGroup: 'bench',
      logUrl: 'bench',
      maxBodyBytes: 104_857_600,
      timeoutMs: 60_000,
      drainMs: 0,
      listen: '127.0.0.1',
    }),
  };
  const router = spawn(join(image, 'serve'), ['serve'], {
    cwd: image,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(router);
  for (;;) {
    const healthy = await fetch(`http://127.0.0.1:${routerPort}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return { env, names, routerPort };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type Pipeline = Awaited<ReturnType<typeof startPipeline>>;
type StartStages = (stages: number) => Promise<Pipeline>;
type Strategy = 'SingleRecord' | 'MultiRecord';
/** Of MaxPayloadInMB; with 0, an object is streamed. */
const PAYLOAD_MB = 1;

function runWorker(
  { env, names }: Pipeline,
  lines: number,
  strategy: Strategy,
  maxPayloadInMB = PAYLOAD_MB,
): Promise<Usage> {
  runs += 1;
  const settings: BatchSettings = {
    job: 'bench',
    generation: `run-${runs}`,
    table: 'headrace',
    shares: 1,
    stages: names,
    source: { kind: 'prefix', bucket: 'bench', prefix: `${lines}.csv` },
    contentType: 'text/csv',
    compression: 'None',
    split: 'Line',
    quotedNewlines: false,
    output: { bucket: 'bench', prefix: 'out/' },
    assembleWith: 'Line',
    strategy,
    maxConcurrentTransforms: CONCURRENCY,
    maxPayloadInMB,
    timeoutSeconds: 120,
    // A connection of a streamed object may freeze in the kernel (docs/batch.md): it is tried again.
    maxRetries: 1,
    inputFilter: '$',
    outputFilter: '$',
    joinSource: 'None',
    onRecordError: 'Fail',
    startupSeconds: 60,
  };
  const own = {
    ...workerMemory(strategy),
    HEADRACE_BATCH: JSON.stringify(settings),
    HEADRACE_BATCH_SHARE: '0',
  };
  return start<Usage>('worker.ts', [join(image, 'batch.js')], { ...env, ...own }).said;
}

function runLoop({ env, routerPort }: Pipeline, lines: number, strategy: Strategy): Promise<Usage> {
  const perRequest = strategy === 'SingleRecord' ? 1 : PER_REQUEST;
  const args = [`${lines}.csv`, routerPort, CONCURRENCY, perRequest];
  return start<Usage>('loop.ts', args, env).said;
}

function row(name: string, lines: number, { seconds, cpuSeconds, peakMB }: Usage): void {
  const perSecond = Math.round(lines / seconds).toLocaleString('en');
  const micros = ((cpuSeconds / lines) * 1e6).toFixed(2);
  console.log(
    `${name.padEnd(38)} ${perSecond.padStart(10)} records/s ${micros.padStart(8)} us CPU/record ${peakMB.toFixed(0).padStart(5)} MB peak`,
  );
}

/** Ours and the loop in turn, so that a machine that slows down slows both. */
async function compare(name: string, lines: number, pipeline: Pipeline, strategy: Strategy) {
  const ours: Usage[] = [];
  const loops: Usage[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await runWorker(pipeline, lines, strategy));
    loops.push(await runLoop(pipeline, lines, strategy));
  }
  row(`${name}, ours`, lines, medians(ours));
  row(`${name}, plain loop`, lines, medians(loops));
  const ratio = (of: (usage: Usage) => number) =>
    median(ours.map((usage, round) => of(usage) / of(loops[round] ?? usage))).toFixed(2);
  const time = ratio(({ seconds }) => seconds);
  const cpu = ratio(({ cpuSeconds }) => cpuSeconds);
  console.log(`${''.padEnd(38)} ours to loop: time ${time}, CPU ${cpu}`);
}

function medians(usages: Usage[]): Usage {
  return {
    seconds: median(usages.map(({ seconds }) => seconds)),
    cpuSeconds: median(usages.map(({ cpuSeconds }) => cpuSeconds)),
    peakMB: Math.max(...usages.map(({ peakMB }) => peakMB)),
  };
}

async function compareAll(strategy: Strategy, lines: number, startStages: StartStages) {
  for (const stages of [1, 3, 5]) {
    const pipeline = await startStages(stages);
    const name = `${stages} stage${stages === 1 ? '' : 's'}, ${strategy}`;
    await compare(name, lines, pipeline, strategy);
  }
}

async function memory(startStages: StartStages): Promise<void> {
  console.log('\nMemory of the worker, MultiRecord');
  const one = await startStages(1);
  for (const megabytes of IS_FULL ? [10, 200, 2000] : [10, 200]) {
    const lines = (megabytes * MB) / LINE_BYTES;
    row(`${megabytes} MB, 1 stage`, lines, await runWorker(one, lines, 'MultiRecord'));
    const streamed = await runWorker(one, lines, 'MultiRecord', 0);
    row(`${megabytes} MB, 1 stage, streamed`, lines, streamed);
  }
  const lines = (200 * MB) / LINE_BYTES;
  const five = await startStages(5);
  row('200 MB, 5 stages, streamed', lines, await runWorker(five, lines, 'MultiRecord', 0));
}

async function main(): Promise<void> {
  const { port: s3 } = await start<{ port: number }>('fake-s3.ts').said;
  const dynamodb = await startDynamoDB(0);
  await ensureTable(dynamodb.url, 'us-east-1', 'headrace');
  const startStages = (stages: number) => startPipeline(stages, s3, dynamodb.url);
  try {
    console.log(`${CONCURRENCY} requests at a time; loading the modules is left out\n`);
    if (parts.includes('multi')) await compareAll('MultiRecord', MULTI_LINES, startStages);
    if (parts.includes('single')) await compareAll('SingleRecord', SINGLE_LINES, startStages);
    if (parts.includes('memory')) await memory(startStages);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await dynamodb.close();
  }
}

try {
  await bundleRouter(image);
  await main();
} finally {
  await rm(image, { recursive: true });
}
