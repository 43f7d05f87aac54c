import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithEngine } from '../../../../test/support/engine.ts';
import { nodeImage } from '../../../../test/support/engine-images.ts';
import { bundleRouter } from '../../../router/bundle.ts';
import { Images, inspectImage } from './images.ts';
import { routerImage } from './router-image.ts';

const MOST_BYTES = 60_000_000;

await describeWithEngine('the router’s image', (docker) => {
  let folder: string;
  let base: string;
  const said: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-router-image-'));
    [base] = await Promise.all([nodeImage(docker), bundleRouter(folder)]);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const build = (on: string) =>
    routerImage({
      docker,
      images: new Images(docker, () => undefined),
      folder,
      nodeImage: on,
      report: (line) => said.push(line),
    });

  test('is small, not root, and built once', async () => {
    const image = await build(base);
    const lines = said.length;
    const again = await build(base);
    const [own, node] = await Promise.all([image, base].map((name) => inspectImage(docker, name)));

    expect(again).toBe(image);
    expect(said.length).toBe(lines);
    expect(own?.Config.User).toBe('1000:1000');
    expect((own?.Size ?? Infinity) - (node?.Size ?? 0)).toBeLessThan(MOST_BYTES);
  });

  test('without its base says which setting takes another one', async () => {
    await expect(build('127.0.0.1:1/no/node:24')).rejects.toThrow(
      /^the router's image cannot be built on 127\.0\.0\.1:1\/no\/node:24: .*connection refused\. Pull .* or set HEADRACE_NODE_IMAGE/,
    );
  });
});
