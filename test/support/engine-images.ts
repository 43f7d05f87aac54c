import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { isConflict } from '../../src/local/ecs/engine/engine-error.ts';
import { follow, inspectImage } from '../../src/local/ecs/engine/images.ts';
import { packFolder } from '../../src/local/ecs/engine/pack-folder.ts';

const BIND_TO_PORT = 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port';
/** What scripts of stages use, and what `#!/usr/bin/env node` needs. */
const PROGRAMS = [
  '/usr/bin/env',
  '/bin/sh',
  '/bin/sleep',
  '/bin/cat',
  '/usr/bin/test',
  '/usr/bin/id',
];

/**
 * An image with Node and a shell, made of this machine's own files: nothing is pulled. It is kept in the
 * engine, so that the next suite has it.
 */
export async function nodeImage(docker: Docker): Promise<string> {
  const key = createHash('sha256').update(`${process.version} ${PROGRAMS}`).digest('hex');
  const image = `headrace-test-node:${key.slice(0, 12)}`;
  if ((await inspectImage(docker, image)) !== undefined) return image;
  const folder = await mkdtemp(join(tmpdir(), 'headrace-node-image-'));
  try {
    const node = await realpath(process.execPath);
    await put(folder, node, '/usr/local/bin/node');
    for (const program of PROGRAMS) await put(folder, await realpath(program), program);
    for (const library of [node, ...PROGRAMS].flatMap(librariesOf)) {
      await put(folder, await realpath(library), library);
    }
    await mkdir(join(folder, 'tmp'));
    await writeFile(
      join(folder, 'Dockerfile'),
      'FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n',
    );
    await build(docker, folder, image);
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An image whose working directory is `source`, with an executable `serve` in it. */
export async function stageImage(
  docker: Docker,
  image: string,
  source: string,
  {
    label = true,
    stageDir = '.',
    user,
  }: { label?: boolean; stageDir?: string; user?: string } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-stage-image-'));
  try {
    await cp(source, join(folder, 'program'), { recursive: true });
    const lines = [
      `FROM ${await nodeImage(docker)}`,
      ...(label ? [`LABEL ${BIND_TO_PORT}=true`] : []),
      'COPY program /opt/program',
      `WORKDIR ${join('/opt/program', stageDir)}`,
      ...(user === undefined ? [] : [`USER ${user}`]),
      'ENTRYPOINT ["./serve"]',
    ];
    await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await build(docker, folder, image);
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(docker: Docker, folder: string, image: string): Promise<void> {
  const context = Readable.from([await packFolder(folder)]);
  await follow(
    // A cached step belongs to several images, and the engine fails when two of them are removed at once.
    await docker.buildImage(context, { t: image, rm: true, forcerm: true, nocache: true }),
    () => undefined,
  );
}

async function put(root: string, file: string, as: string): Promise<void> {
  const target = join(root, as);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
  await chmod(target, 0o755);
}

/** Where the dynamic linker finds what a program needs, itself among it. */
function librariesOf(program: string): string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return Array.from(text.matchAll(/(\/\S+) \(0x/g), ([, path]) => path!);
}

/** One that another was built on meanwhile stays, for whoever has that one to remove. */
export async function removeImage(docker: Docker, image: string): Promise<void> {
  try {
    await docker.getImage(image).remove({ force: true });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
