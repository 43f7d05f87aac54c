import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleFunctions } from './bundle-functions.ts';

/** What is loaded before the first answer of a function that starts cold. npm run bench:cold tells how long that takes. */
test('bundles stay small: invoke under 300 kB, the others under 800 kB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-bundles-'));
  try {
    const { outputs } = await bundleFunctions(folder);

    const sizes = Object.entries(outputs).map(([path, { bytes }]) => [
      path.split('/').at(-1),
      bytes,
    ]);
    expect(sizes.map(([name]) => name).sort()).toEqual([
      'api.mjs',
      'authorizer.mjs',
      'invoke.mjs',
      'reconcile.mjs',
      's3-trigger.mjs',
      'sweep.mjs',
    ]);
    for (const [name, bytes] of sizes) {
      expect(bytes, String(name)).toBeLessThan(name === 'invoke.mjs' ? 300_000 : 800_000);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
