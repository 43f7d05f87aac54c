import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packFolder } from '../src/local/ecs/engine/pack-folder.ts';
import { bundleRouter } from '../src/router/bundle.ts';
import { layImageContext } from '../src/router/image-context.ts';
import { bundleFunctions } from './bundle-functions.ts';
import type { Osls } from './osls.ts';
import { sub } from './resource.ts';
import { ROUTER_REPOSITORY, routerRepository } from './router-repository.ts';

/**
 * What `sls` does for this service beside making a template into a stack:
 * package  bundles the functions, and names the router's image by what is in it
 */
export default class HeadracePlugin {
  readonly hooks: Record<string, () => Promise<void>>;
  readonly #osls: Osls;

  constructor(osls: Osls) {
    this.#osls = osls;
    this.hooks = {
      'before:package:initialize': () => this.#bundle(),
      'after:package:initialize': () => this.#addRepository(),
    };
  }

  get #stack(): string {
    return this.#osls.service.custom.stack.config.stack;
  }

  get #routerFolder(): string {
    return join(this.#osls.serviceDir, 'build/router');
  }

  async #bundle(): Promise<void> {
    await rm(join(this.#osls.serviceDir, 'build'), { recursive: true, force: true });
    await Promise.all([
      bundleFunctions(join(this.#osls.serviceDir, 'build/functions')),
      this.#layRouter(),
    ]);
    const { environment } = this.#osls.service.provider;
    environment.HEADRACE_ROUTER_IMAGE ??= sub(await this.#routerImage());
  }

  async #layRouter(): Promise<void> {
    await mkdir(this.#routerFolder, { recursive: true });
    await bundleRouter(this.#routerFolder);
    await layImageContext(this.#routerFolder);
  }

  /** The tag says what is in it: the same source is the same image. */
  async #routerImage(): Promise<string> {
    const context = await packFolder(this.#routerFolder);
    const tag = createHash('sha256').update(context).digest('hex').slice(0, 16);
    const host = '${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}';
    return `${host}/\${${ROUTER_REPOSITORY}}:${tag}`;
  }

  /** Into the stack that osls makes first, with nothing but a bucket for what it uploads, and into the whole. */
  async #addRepository(): Promise<void> {
    const { provider } = this.#osls.service;
    const { compiledCloudFormationTemplate: whole, coreCloudFormationTemplate: first } = provider;
    for (const { Resources } of [whole, first]) {
      Resources[ROUTER_REPOSITORY] = routerRepository(this.#stack);
    }
    const file = this.#osls.getProvider('aws').naming.getCoreTemplateFileName();
    const path = join(this.#osls.serviceDir, '.serverless', file);
    await writeFile(path, JSON.stringify(first, null, 2));
  }
}
