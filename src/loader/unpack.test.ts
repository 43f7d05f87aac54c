import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, it, onTestFinished } from 'vitest';
import { StageFolder } from './folder.ts';
import { LoadError } from './load-error.ts';
import { unpack } from './unpack.ts';

const URI = 's3://models/bomb';
const signal = new AbortController().signal;

it('stops at the bound of what may be unpacked, over all archives of a stage', async () => {
  const folder = await stageFolder();
  const archive = await tarGz([
    ['a', 600],
    ['b', 400],
  ]);

  await unpack(Readable.from(archive), folder, URI, signal, 1_500);
  const second = unpack(Readable.from(archive), folder, URI, signal, 1_500);

  await expect(second).rejects.toThrow(LoadError);
  await expect(second).rejects.toThrow('unpacks to more than 1500 bytes');
  expect(folder.bytes).toBe(1_000);
});

it('passes on why an archive broke off, so that it can be tried again', async () => {
  const folder = await stageFolder();
  const whole = await tarGz([['a', 100_000]], true);
  const archive = new PassThrough();
  archive.write(whole.subarray(0, whole.length / 2));
  setTimeout(() => archive.destroy(Object.assign(new Error('cut'), { code: 'ECONNRESET' })), 20);

  await expect(unpack(archive, folder, URI, signal)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

it('stops when it is told to', async () => {
  const folder = await stageFolder();
  const stop = new AbortController();
  const archive = new PassThrough();

  const unpacking = unpack(archive, folder, URI, stop.signal);
  stop.abort();

  await expect(unpacking).rejects.toMatchObject({ name: 'AbortError' });
});

async function stageFolder(): Promise<StageFolder> {
  const path = await mkdtemp(join(tmpdir(), 'headrace-unpack-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const folder = new StageFolder(path);
  await folder.begin();
  return folder;
}

async function tarGz(files: [name: string, size: number][], random = false): Promise<Buffer> {
  const archive = pack();
  for (const [name, size] of files) {
    const body = Buffer.alloc(size);
    if (random) crypto.getRandomValues(body.subarray(0, 65_536));
    archive.entry({ name }, body);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}
