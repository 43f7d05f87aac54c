import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Source } from './config.ts';
import { PARTIAL } from './file-tree.ts';
import { load } from './main.ts';

const app = buildApp({ logger: false });
let endpoint: string;
let s3: S3Client;
let base: string;

beforeAll(async () => {
  endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  s3 = new S3Client({ forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  s3.destroy();
  await app.close();
});

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'headrace-loader-'));
  return () => rm(base, { recursive: true });
});

describe('a source', () => {
  it('S3Object and Gzip is unpacked', async () => {
    await put(
      'a/model.tar.gz',
      await tarGz([
        { name: './' },
        { name: './model.txt', body: 'weights' },
        { name: './code/', type: 'directory' },
        { name: './code/serve.sh', body: '#!', mode: 0o4711 },
        { name: './latest', type: 'symlink', linkname: 'code/serve.sh' },
        { name: './copy', type: 'link', linkname: './model.txt' },
      ]),
    );

    const { code, lines } = await run([object('a/model.tar.gz', 'Gzip')]);

    expect(code).toBe(0);
    expect(lines).toEqual([
      { event: 'loaded', stage: 'container-1', files: 3, bytes: 9, seconds: expect.any(Number) },
    ]);
    expect(await tree()).toEqual(['code', 'code/serve.sh', 'copy', 'latest', 'model.txt']);
    expect(await content('copy')).toBe('weights');
    expect(await readlink(place('latest'))).toBe('code/serve.sh');
    expect((await stat(place('code/serve.sh'))).mode & 0o7777).toBe(0o755);
  });

  it('S3Object and None is one file named by the last segment of its key', async () => {
    await put('b/deep/model.bin', 'plain');

    await run([object('b/deep/model.bin', 'None')]);

    expect(await tree()).toEqual(['model.bin']);
    expect(await content('model.bin')).toBe('plain');
  });

  it('S3Prefix and None has paths relative to the prefix', async () => {
    await put('c/x/one', '1');
    await put('c/x/sub/two', '2');
    await put('c/xx', 'not under it');

    const { lines } = await run([prefix('c/x/', 'None')]);

    expect(await tree()).toEqual(['one', 'sub', 'sub/two']);
    expect(lines[0]).toMatchObject({ files: 2, bytes: 2 });
  });

  it('S3Prefix and Gzip unpacks every object, in the order of their keys', async () => {
    await put(
      'd/1.tar.gz',
      await tarGz([
        { name: 'a', body: 'old' },
        { name: 'b', body: 'b' },
      ]),
    );
    await put('d/2.tar.gz', await tarGz([{ name: 'a', body: 'new' }]));

    await run([prefix('d/', 'Gzip')]);

    expect(await tree()).toEqual(['a', 'b']);
    expect(await content('a')).toBe('new');
  });

  it('can be one of several', async () => {
    await put('e/one', '1');
    await put('e/two', '2');

    await run([object('e/one', 'None'), object('e/two', 'None')]);

    expect(await tree()).toEqual(['one', 'two']);
  });

  it('can be large', async () => {
    const large = Buffer.alloc(20_000_000, 'headrace');
    await put('f/large.tar.gz', await tarGz([{ name: 'large', body: large }]));

    await run([object('f/large.tar.gz', 'Gzip')]);

    expect((await readFile(place('large'))).equals(large)).toBe(true);
  });
});

describe('a run', () => {
  it('that is repeated leaves what is there now, and nothing of before', async () => {
    await put('g/1/old', 'old');
    await put('g/2/new', 'new');
    await mkdir(place(`${PARTIAL}/half`), { recursive: true });
    await run([prefix('g/1/', 'None')]);

    const again = await run([prefix('g/1/', 'None')]);
    const same = await tree();
    await run([prefix('g/2/', 'None')]);

    expect(again.code).toBe(0);
    expect(same).toEqual(['old']);
    expect(await tree()).toEqual(['new']);
  });

  it('that fails leaves what was there, and no half', async () => {
    await put('h/file', 'data');
    await run([object('h/file', 'None')]);

    const { code } = await run([object('h/file', 'None'), object('h/missing', 'None')]);

    expect(code).toBe(1);
    expect(await tree()).toEqual(['file']);
  });

  it('loads the other stages when one fails', async () => {
    await put('i/file', 'data');

    const { code, lines, errors } = await runStages([
      [object('i/missing', 'None')],
      [object('i/file', 'None')],
    ]);

    expect(code).toBe(1);
    expect(errors).toMatchObject([{ event: 'load-failed', stage: 'container-1' }]);
    expect(lines).toMatchObject([{ event: 'loaded', stage: 'container-2' }]);
    expect(await content('file', 2)).toBe('data');
  });

  it('ends at its timeout', async () => {
    const { url } = await fakeS3((response) => response.write('x'));

    const { code, errors } = await run([object('x', 'None')], { url, timeoutSeconds: 1 });

    expect(code).toBe(1);
    expect(errors[0]?.message).toBe(
      'Loading model data from s3://models/x did not finish within 1 s. Raise ModelDataDownloadTimeoutInSeconds, or make the data smaller.',
    );
  });

  it('begins again when a download breaks off', async () => {
    let tries = 0;
    const { url } = await fakeS3((response) => {
      tries += 1;
      response.writeHead(200, { 'content-length': 8 });
      if (tries > 1) return void response.end('complete');
      response.write('comp');
      setTimeout(() => response.destroy(), 20);
    });

    const { code } = await run([object('x', 'None')], { url });

    expect(code).toBe(0);
    expect(await content('x')).toBe('complete');
    expect(tries).toBe(2);
  });

  it('gives up on a download that breaks off again and again', async () => {
    const { url } = await fakeS3((response) => {
      response.writeHead(200, { 'content-length': 8 });
      response.write('comp');
      setTimeout(() => response.destroy(), 5);
    });

    const { code, errors } = await run([object('x', 'None')], { url });

    expect(code).toBe(1);
    expect(errors[0]?.message).toMatch(/^Could not load model data at s3:\/\/models\/x: /);
    expect(await tree()).toEqual([]);
  });
});

describe('data that is refused', () => {
  it.each<[string, () => Promise<Source>, RegExp]>([
    [
      'an object that is not there',
      async () => object('none', 'None'),
      /^Could not find model data at s3:\/\/models\/none\. /,
    ],
    [
      'an archive that is not there',
      async () => object('none', 'Gzip'),
      /^Could not find model data at s3:\/\/models\/none\. /,
    ],
    [
      'a bucket that is not there',
      async () => source('s3://nowhere/none', 'S3Object', 'None'),
      /^Could not find model data at s3:\/\/nowhere\/none\. /,
    ],
    [
      'a prefix without objects',
      async () => prefix('none/', 'None'),
      /^Could not find model data at s3:\/\/models\/none\/\. /,
    ],
    [
      'a "folder" object',
      async () => {
        await put('j/', '');
        await put('j/file', 'x');
        return prefix('j/', 'None');
      },
      /0-byte "folder" object at s3:\/\/models\/j\/,/,
    ],
    [
      'a file and a directory of one name',
      async () => {
        await put('k/a', 'x');
        await put('k/a/b', 'x');
        return prefix('k/', 'None');
      },
      /both a file and a directory at "a"/,
    ],
    [
      'a key with an empty segment',
      async () => {
        await put('l/a//b', 'x');
        return prefix('l/', 'None');
      },
      /an empty name in it: "a\/\/b"/,
    ],
    [
      'what is not gzip',
      async () => {
        await put('m', 'plain text');
        return object('m', 'Gzip');
      },
      /^Could not unpack model data at s3:\/\/models\/m: it is not a whole gzip-compressed tar/,
    ],
    [
      'what is empty',
      async () => {
        await put('n', '');
        return object('n', 'Gzip');
      },
      /not a whole gzip/,
    ],
    [
      'gzip of what is not a tar',
      async () => {
        await put('o', gzipSync(Buffer.alloc(2000, 'x')));
        return object('o', 'Gzip');
      },
      /not a whole gzip/,
    ],
    [
      'an archive whose gzip is cut short',
      async () => {
        const whole = await tarGz([
          { name: 'a', body: Buffer.from(String(Math.random()).repeat(99)) },
        ]);
        await put('p', whole.subarray(0, whole.length - 20));
        return object('p', 'Gzip');
      },
      /not a whole gzip/,
    ],
    [
      'an archive whose tar is cut short',
      async () => {
        const whole = await tar([{ name: 'a', body: Buffer.alloc(5000) }]);
        await put('q', gzipSync(whole.subarray(0, 3000)));
        return object('q', 'Gzip');
      },
      /not a whole gzip/,
    ],
  ])('is %s', async (_, prepare, message) => {
    const refused = await prepare();

    const { code, errors } = await run([refused]);

    expect(code).toBe(1);
    expect(errors[0]?.message).toMatch(message);
    expect(await tree()).toEqual([]);
  });

  it('names the role when access is denied', async () => {
    const { url } = await fakeS3((response) =>
      response
        .writeHead(403, { 'content-type': 'application/xml' })
        .end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'),
    );

    const { errors } = await run([object('x', 'None')], { url });

    expect(errors[0]?.message).toMatch(
      /^Could not access model data at s3:\/\/models\/x\. Please ensure that the role .* allows s3:GetObject/,
    );
  });

  it('is told of the environment being wrong', async () => {
    const errors: string[] = [];
    const output = { print: () => {}, printError: (line: string) => errors.push(line) };

    const code = await load({ HEADRACE_LOAD: '{"timeoutSeconds":0}' }, output);

    expect(code).toBe(1);
    expect(errors[0]).toMatch(/^HEADRACE_LOAD: timeoutSeconds: /);
  });
});

describe('an archive of bad intent', () => {
  it.each<[string, Entry[], RegExp]>([
    ['climbs out', [{ name: '../evil', body: 'x' }], /path with "\.\." in it/],
    ['climbs out after going in', [{ name: 'a/../../evil', body: 'x' }], /path with "\.\." in it/],
    ['has an absolute path', [{ name: '/tmp/headrace-evil', body: 'x' }], /absolute path/],
    [
      'links to an absolute path',
      [{ name: 'l', type: 'symlink', linkname: '/etc' }],
      /leads out of it/,
    ],
    [
      'links out of the folder',
      [{ name: 'a/l', type: 'symlink', linkname: '../../x' }],
      /leads out of it/,
    ],
    [
      'writes through a link',
      [
        { name: 'l', type: 'symlink', linkname: '.' },
        { name: 'l/evil', body: 'x' },
      ],
      /both a link and a directory at "l"/,
    ],
    [
      'climbs out by way of another link',
      [
        { name: 'p/q/l', type: 'symlink', linkname: '../..' },
        { name: 'out', type: 'symlink', linkname: 'p/q/l/..' },
      ],
      /leads out of it/,
    ],
    [
      'puts a directory in the place of a link',
      [
        { name: 'l', type: 'symlink', linkname: 'a' },
        { name: 'l', type: 'directory' },
      ],
      /both a link and a directory/,
    ],
    ['hard-links to a file outside', [{ name: 'h', type: 'link', linkname: '../x' }], /hard link/],
    [
      'hard-links to a link',
      [
        { name: 'l', type: 'symlink', linkname: 'x' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
      /hard link/,
    ],
    ['has a device', [{ name: 'd', type: 'character-device' }], /neither file, directory nor link/],
    ['has a fifo', [{ name: 'f', type: 'fifo' }], /neither file, directory nor link/],
    ["uses the loader's own folder", [{ name: `${PARTIAL}/x`, body: 'x' }], /uses itself/],
  ])('is refused when it %s', async (_, entries, message) => {
    await put('evil', await tarGz([{ name: 'good', body: 'x' }, ...entries]));

    const { code, errors } = await run([object('evil', 'Gzip')]);

    expect(code).toBe(1);
    expect(errors[0]?.message).toMatch(message);
    expect(await tree()).toEqual([]);
    expect(await readdir(base)).toEqual(['models']);
  });

  it('cannot write into a file by naming it a second time through a hard link', async () => {
    await put(
      'twice',
      await tarGz([
        { name: 'a', body: 'first' },
        { name: 'b', type: 'link', linkname: 'a' },
        { name: 'b', body: 'second' },
      ]),
    );

    await run([object('twice', 'Gzip')]);

    expect(await content('a')).toBe('first');
    expect(await content('b')).toBe('second');
  });
});

interface Entry extends Partial<Header> {
  name: string;
  body?: string | Buffer;
}

interface RunOptions {
  readonly url?: string;
  readonly timeoutSeconds?: number;
}

interface Ran {
  readonly code: number;
  readonly lines: Record<string, unknown>[];
  readonly errors: { message: string }[];
}

const run = (sources: Source[], options: RunOptions = {}): Promise<Ran> =>
  runStages([sources], options);

async function runStages(stages: Source[][], options: RunOptions = {}): Promise<Ran> {
  const { url = endpoint, timeoutSeconds = 60 } = options;
  const lines: Record<string, unknown>[] = [];
  const errors: { message: string }[] = [];
  const config = {
    timeoutSeconds,
    stages: stages.map((sources, i) => ({ name: `container-${i + 1}`, position: i + 1, sources })),
  };
  vi.stubEnv('AWS_ENDPOINT_URL_S3', url);

  const code = await load(
    {
      HEADRACE_LOAD: JSON.stringify(config),
      SAGEMAKER_BASE_DIR: base,
      AWS_ENDPOINT_URL_S3: url,
    },
    {
      print: (line) => lines.push(JSON.parse(line)),
      printError: (line) => errors.push(JSON.parse(line)),
    },
  );

  return { code, lines, errors };
}

const source = (uri: string, kind: Source['kind'], compression: Source['compression']): Source =>
  ({ uri, kind, compression }) as Source;
const object = (key: string, compression: Source['compression']): Source =>
  source(`s3://models/${key}`, 'S3Object', compression);
const prefix = (key: string, compression: Source['compression']): Source =>
  source(`s3://models/${key}`, 'S3Prefix', compression);

const place = (path: string, position = 1): string => join(base, 'models', String(position), path);
const content = (path: string, position = 1): Promise<string> =>
  readFile(place(path, position), 'utf8');

async function tree(): Promise<string[]> {
  return (await readdir(place(''), { recursive: true })).sort();
}

async function put(key: string, body: string | Buffer): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: 'models', Key: key, Body: Buffer.from(body) }));
}

async function tar(entries: Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, name, ...header } of entries) {
    const type = header.type ?? (name.endsWith('/') ? 'directory' : 'file');
    archive.entry({ ...header, name, type }, body ?? '');
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const tarGz = async (entries: Entry[]): Promise<Buffer> => gzipSync(await tar(entries));

/** An S3 that answers every request in the same way. */
async function fakeS3(answer: (response: ServerResponse) => void): Promise<{ url: string }> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
