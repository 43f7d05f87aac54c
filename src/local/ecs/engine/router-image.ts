import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { layImageContext } from '../../../router/image-context.ts';
import { bounded, engineWords } from './engine-error.ts';
import { follow, type Images, inspectImage } from './images.ts';
import { packFolder } from './pack-folder.ts';

const REPOSITORY = 'headrace-router';
const BUILT_WITHIN_MS = 300_000;

export interface RouterImageOptions {
  readonly docker: Docker;
  readonly images: Images;
  /** Holds the bundle of the router. */
  readonly folder: string;
  /** The image with Node that it is built on. */
  readonly nodeImage: string;
  readonly report: (line: string) => void;
}

/**
 * The router's image in the engine, built when it is not there yet; its name says what is in it.
 * Rejects with what went wrong and the way out.
 */
export async function routerImage(options: RouterImageOptions): Promise<string> {
  const { docker, folder, images, nodeImage, report } = options;
  try {
    await images.ensure(nodeImage);
    const base = await inspectImage(docker, nodeImage);
    await layImageContext(folder);
    const context = await packFolder(folder);
    const hash = createHash('sha256').update(`${base?.Id}\n`).update(context).digest('hex');
    const image = `${REPOSITORY}:${hash.slice(0, 16)}`;
    if ((await inspectImage(docker, image)) !== undefined) return image;
    report(`building ${image} on ${nodeImage}`);
    const answer = await docker.buildImage(Readable.from([context]), {
      t: image,
      buildargs: JSON.stringify({ NODE_IMAGE: nodeImage }) as never,
      rm: true,
      forcerm: true,
      ...bounded(BUILT_WITHIN_MS),
    });
    await follow(answer, () => undefined);
    return image;
  } catch (cause) {
    throw new Error(
      `the router's image cannot be built on ${nodeImage}: ${engineWords(cause)}. Pull ${nodeImage}, or set HEADRACE_NODE_IMAGE to an image with Node 24 that the engine has.`,
      { cause },
    );
  }
}
