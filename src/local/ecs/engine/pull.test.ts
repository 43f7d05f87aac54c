import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithEngine } from '../../../../test/support/engine.ts';
import { removeImage } from '../../../../test/support/engine-images.ts';
import { type Registry, startRegistry } from '../../../../test/support/registry.ts';
import { Images, inspectImage } from './images.ts';

await describeWithEngine('images that an engine pulls', (docker) => {
  let registry: Registry;
  const said: string[] = [];

  beforeAll(async () => {
    registry = await startRegistry({ made: 'for a test' });
  });

  afterAll(() => registry?.close());

  test('one that is missing is pulled once for all who want it, and told of', async () => {
    const image = `${registry.host}/there:1`;
    const images = new Images(docker, (line) => said.push(line));

    await Promise.all([images.ensure(image), images.ensure(image)]);
    await images.ensure(image);
    const found = await inspectImage(docker, image);
    await removeImage(docker, image);

    expect(found?.Config.Labels).toEqual({ made: 'for a test' });
    expect(said).toEqual([`pulling ${image}`, `pulled ${image}`]);
  });

  test('one that the registry does not have is refused in its words', async () => {
    const images = new Images(docker, () => undefined);

    await expect(images.ensure(`${registry.host}/missing:1`)).rejects.toThrow(/manifest unknown/);
  });

  test('a pull that takes long ends when the stack does', async () => {
    const stop = new AbortController();
    const images = new Images(docker, () => stop.abort(), stop.signal);

    await expect(images.ensure(`${registry.host}/slow:1`)).rejects.toThrow(/abort/i);
    await expect(images.ensure(`${registry.host}/there:1`)).rejects.toThrow(/abort/i);
  });
});
