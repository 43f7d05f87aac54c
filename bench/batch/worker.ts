// The batch worker as its image runs it, bundled, and what it took.
import { countUsage } from './usage.ts';

const { batch } = (await import(process.argv[2] ?? '')) as {
  batch: (env: NodeJS.ProcessEnv) => Promise<number>;
};
let lastLine = '';
console.log = (line: string) => {
  lastLine = line;
};
const tellUsage = countUsage();
const code = await batch(process.env);
if (code !== 0) throw new Error(`The worker ended with ${code}: ${lastLine}`);
tellUsage();
process.disconnect?.();
