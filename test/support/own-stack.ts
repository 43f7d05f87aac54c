import { afterAll } from 'vitest';
import { clientsOf } from './clients.ts';
import { makeHome, runStack } from './run-stack.ts';

/** A stack for the tests of one file; it ends, and everything of it goes, after them. */
export async function ownStack(environment: Record<string, string> = {}) {
  const home = await makeHome();
  afterAll(() => home.remove());
  const stack = await runStack(home, environment);
  afterAll(async () => {
    await stack.end('SIGTERM');
  });
  return { home, stack, clients: clientsOf(stack) };
}
