import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ECRClient, Image } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundleRouter } from '../src/router/bundle.ts';
import { layImageContext } from '../src/router/image-context.ts';
import { describeWithEngine } from '../test/support/engine.ts';
import { nodeImage, removeImage } from '../test/support/engine-images.ts';
import { digestOf, PushRegistry } from '../test/support/push-registry.ts';
import { type Architecture, pushRouterImage } from './push-router-image.ts';

const REPOSITORY = 'headrace-prod/router';
const INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const OWN: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const OTHER: Architecture = OWN === 'arm64' ? 'amd64' : 'arm64';

await describeWithEngine('the router’s image for hosts', (docker) => {
  let folder: string;
  let base: string;
  let registry: PushRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-push-'));
    [base] = await Promise.all([nodeImage(docker), bundleRouter(folder), layImageContext(folder)]);
  });

  beforeEach(async () => {
    registry = new PushRegistry();
    await registry.open();
    return () => registry.close();
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** ECR as far as it is asked here, before the registry's images. */
  const ecr = {
    send: async ({
      constructor: { name },
      input,
    }: {
      constructor: { name: string };
      input: Asked;
    }) => {
      if (name === 'GetAuthorizationTokenCommand') {
        const authorizationToken = Buffer.from('AWS:secret').toString('base64');
        return {
          authorizationData: [{ authorizationToken, proxyEndpoint: `http://${registry.host}` }],
        };
      }
      if (name === 'PutImageCommand') {
        const { imageTag, imageManifest = '', imageManifestMediaType: mediaType = '' } = input;
        registry.manifests.set(`${REPOSITORY}:${imageTag}`, {
          body: Buffer.from(imageManifest),
          mediaType,
        });
        return {};
      }
      const imageTag = input.imageIds?.[0]?.imageTag;
      const found = registry.manifests.get(`${REPOSITORY}:${imageTag}`);
      const image = found && {
        imageId: { imageTag, imageDigest: digestOf(found.body) },
        imageManifest: found.body.toString(),
        imageManifestMediaType: found.mediaType,
      };
      return { images: image === undefined ? [] : [image satisfies Image] };
    },
  } as unknown as ECRClient;

  interface Asked {
    imageIds?: { imageTag?: string }[];
    imageTag?: string;
    imageManifest?: string;
    imageManifestMediaType?: string;
  }

  const push = async (architectures: Architecture[]) => {
    const said: string[] = [];
    await pushRouterImage(
      { repository: REPOSITORY, tag: 'abc', folder, nodeImage: base, architectures },
      { ecr, engine: async () => docker, report: (line) => said.push(line) },
    );
    return said;
  };
  const tags = () => [...registry.manifests.keys()].sort();

  afterAll(async () => {
    const built = await docker.listImages({
      filters: { reference: [`127.0.0.1:*/${REPOSITORY}`] },
    });
    // By its names: the image itself may also be that of another suite's stack, which is built of the same.
    for (const name of built.flatMap(({ RepoTags }) => RepoTags ?? [])) {
      await removeImage(docker, name);
    }
  });

  test('is built and pushed with ECR’s credentials, and then not again', async () => {
    const said = await push([OWN]);
    const again = await push([OWN]);

    expect(tags()).toEqual([`${REPOSITORY}:abc`]);
    expect([...registry.signedInAs]).toEqual(['AWS:secret']);
    expect(said).toEqual([
      `Building the router's image for ${OWN} on ${base}`,
      `Pushing ${registry.host}/${REPOSITORY}:abc`,
    ]);
    expect(again).toEqual([`The router's image ${REPOSITORY}:abc is there.`]);
  });

  test('is one tag for hosts of two architectures, whatever was there before', async () => {
    // The other architecture's base cannot be pulled here: a push before this one, which died, has left it.
    await push([OWN]);
    const left = registry.manifests.get(`${REPOSITORY}:abc`)!;
    registry.manifests.clear();
    registry.manifests.set(`${REPOSITORY}:abc-${OTHER}`, left);

    await push(['amd64', 'arm64']);

    expect(tags()).toEqual(['', '-amd64', '-arm64'].map((end) => `${REPOSITORY}:abc${end}`));
    const index = registry.manifests.get(`${REPOSITORY}:abc`)!;
    const part = (architecture: Architecture) => {
      const { body, mediaType } = registry.manifests.get(`${REPOSITORY}:abc-${architecture}`)!;
      const platform = { os: 'linux', architecture };
      return { mediaType, digest: digestOf(body), size: body.length, platform };
    };
    expect(index.mediaType).toBe(INDEX);
    expect(JSON.parse(index.body.toString())).toEqual({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [part('amd64'), part('arm64')],
    });
  });

  test('says what to do when it cannot be pushed', async () => {
    await registry.close();

    await expect(push([OWN])).rejects.toThrow(
      /^The router's image cannot be built and pushed: [^\n]*; or name an image as router\.image in headrace\.config\.yml\.$/,
    );
    await registry.open();
  });
});
