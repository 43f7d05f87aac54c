import { Readable } from 'node:stream';
import {
  BatchGetImageCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  type Image,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import type Docker from 'dockerode';
import { bounded, engineWords } from '../src/local/ecs/engine/engine-error.ts';
import { follow } from '../src/local/ecs/engine/images.ts';
import { packFolder } from '../src/local/ecs/engine/pack-folder.ts';

const BUILT_WITHIN_MS = 600_000;
const PUSHED_WITHIN_MS = 600_000;
const INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';

export type Architecture = 'amd64' | 'arm64';

export interface RouterImage {
  /** In the account's registry. */
  repository: string;
  tag: string;
  /** Holds the bundle of the router, and what its image is built with. */
  folder: string;
  /** The image with Node that it is built on. */
  nodeImage: string;
  /** Of the hosts that are to run it. */
  architectures: Architecture[];
}

interface Registry {
  ecr: Pick<ECRClient, 'send'>;
  /** Asked for only when there is something to build. */
  engine: () => Promise<Docker>;
  report: (line: string) => void;
}

/**
 * Builds the router's image for each architecture and pushes it, unless it is there. One tag stands for all of
 * them; tags do not move, so what died half way is gone on with. The image only copies files: it can be built for
 * another architecture than this machine's.
 * Rejects with what the engine said.
 */
export async function pushRouterImage(image: RouterImage, registry: Registry): Promise<void> {
  const { repository, tag, architectures } = image;
  const { ecr, report } = registry;
  if ((await find(ecr, repository, tag)) !== undefined) {
    report(`The router's image ${repository}:${tag} is there.`);
    return;
  }
  const [only, ...others] = architectures;
  if (only !== undefined && others.length === 0) {
    await push(image, only, tag, registry);
    return;
  }
  const made: [Architecture, Image][] = [];
  for (const architecture of architectures) {
    const ownTag = `${tag}-${architecture}`;
    const there = await find(ecr, repository, ownTag);
    if (there === undefined) await push(image, architecture, ownTag, registry);
    const found = there ?? (await find(ecr, repository, ownTag));
    if (found === undefined)
      throw new Error(`${repository}:${ownTag} was pushed, and is not there`);
    made.push([architecture, found]);
  }
  await ecr.send(
    new PutImageCommand({
      repositoryName: repository,
      imageTag: tag,
      imageManifestMediaType: INDEX,
      imageManifest: JSON.stringify(indexOf(made)),
    }),
  );
}

async function find(ecr: Registry['ecr'], repositoryName: string, imageTag: string) {
  const { images = [] } = await ecr.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] }),
  );
  return images[0];
}

async function push(
  { repository, folder, nodeImage }: RouterImage,
  architecture: Architecture,
  tag: string,
  { ecr, engine, report }: Registry,
): Promise<void> {
  const auth = await signIn(ecr);
  const name = `${auth.serveraddress.replace(/^https?:\/\//, '')}/${repository}`;
  try {
    const docker = await engine();
    report(`Building the router's image for ${architecture} on ${nodeImage}`);
    const { Arch } = await docker.version();
    const built = await docker.buildImage(Readable.from([await packFolder(folder)]), {
      t: `${name}:${tag}`,
      buildargs: JSON.stringify({ NODE_IMAGE: nodeImage }) as never,
      platform: `linux/${architecture}`,
      // What the engine has under the name may be of its own architecture.
      ...(Arch !== architecture && { pull: true }),
      rm: true,
      forcerm: true,
      ...bounded(BUILT_WITHIN_MS),
    });
    await follow(built, () => undefined);
    report(`Pushing ${name}:${tag}`);
    const { abortSignal } = bounded(PUSHED_WITHIN_MS);
    const pushed = await docker.getImage(name).push({ tag, authconfig: auth, abortSignal });
    await follow(pushed, () => undefined);
  } catch (cause) {
    throw new Error(
      `The router's image cannot be built and pushed: ${engineWords(cause)}. Docker must run here and reach its registry; or name an image as router.image in headrace.config.yml.`,
      { cause },
    );
  }
}

/** Only for this push: nothing is written to the user's own Docker settings. */
async function signIn(ecr: Registry['ecr']) {
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken = '', proxyEndpoint = '' } = authorizationData[0] ?? {};
  const [username = '', password = ''] = Buffer.from(authorizationToken, 'base64')
    .toString()
    .split(':');
  return { username, password, serveraddress: proxyEndpoint };
}

function indexOf(images: [Architecture, Image][]) {
  return {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: images.map(([architecture, { imageId, imageManifest, imageManifestMediaType }]) => ({
      mediaType: imageManifestMediaType,
      digest: imageId?.imageDigest,
      size: Buffer.byteLength(imageManifest ?? ''),
      platform: { os: 'linux', architecture },
    })),
  };
}
