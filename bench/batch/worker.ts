// The batch worker as its container runs it, and what it took.
import { batch } from '../../src/batch/main.ts';
import { tellUsage } from './usage.ts';

const started = performance.now();
const code = await batch(process.env);
if (code !== 0) throw new Error(`The worker ended with ${code}.`);
tellUsage(started);
process.disconnect?.();
