// One fresh process: loads a bundle, has it answer its first request, and says what both took.
import { asLambda, asStreamingLambda, provideStreaming } from '../../src/local/lambda.ts';

const [name = '', url = '', event = ''] = process.argv.slice(2);
provideStreaming();

const begin = process.cpuUsage();
const beginMs = performance.now();
const { handler } = await import(url);
const loaded = process.cpuUsage(begin);
const loadedMs = performance.now();
const run = name === 'invoke' ? asStreamingLambda(name, handler) : asLambda(name, handler);
await run(JSON.parse(event));
const answered = process.cpuUsage(begin);

const ms = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
console.log(
  JSON.stringify({
    loadMs: loadedMs - beginMs,
    loadCpuMs: ms(loaded),
    answerMs: performance.now() - loadedMs,
    answerCpuMs: ms(answered) - ms(loaded),
  }),
);
