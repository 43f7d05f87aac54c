import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ECRClient } from '@aws-sdk/client-ecr';
import { findEngine } from '../src/local/ecs/engine/find-engine.ts';
import { packFolder } from '../src/local/ecs/engine/pack-folder.ts';
import { NODE_IMAGE } from '../src/local/settings.ts';
import { bundleRouter } from '../src/router/bundle.ts';
import { layImageContext } from '../src/router/image-context.ts';
import { bundleFunctions } from './bundle-functions.ts';
import { removeUnlessUsed } from './data-bucket.ts';
import { architectureOf } from './instance-type.ts';
import type { Osls, PluginUtils } from './osls.ts';
import { pushRouterImage } from './push-router-image.ts';
import { removeLeftovers, resumeMakers } from './remove-leftovers.ts';
import { sub } from './resource.ts';
import { ROUTER_REPOSITORY, repositoryOf, routerRepository } from './router-repository.ts';
import { usage } from './usage.ts';

/**
 * What `sls` does for this service beside making a template into a stack:
 * package  bundles the functions, and names the router's image by what is in it
 * deploy   pushes that image, after its repository is there and before the functions are
 * remove   takes down what the functions have made, which CloudFormation does not know
 */
export default class HeadracePlugin {
  readonly hooks: Record<string, () => Promise<void>>;
  readonly #osls: Osls;
  readonly #utils: PluginUtils;
  /** Of a stack that is being removed; undefined when there is none. */
  #dataBucket: string | undefined;

  constructor(osls: Osls, _options: unknown, utils: PluginUtils) {
    this.#osls = osls;
    this.#utils = utils;
    this.hooks = {
      'before:package:initialize': () => this.#bundle(),
      'after:package:initialize': () => this.#addRepository(),
      'after:package:compileFunctions': async () => this.#dependOnRolesOnce(),
      'before:aws:deploy:deploy:uploadArtifacts': () => this.#pushRouter(),
      'after:deploy:deploy': () => this.#afterDeploy(),
      'before:remove:remove': () => this.#beforeRemove(),
      'after:remove:remove': () => this.#afterRemove(),
    };
  }

  get #stack(): string {
    return this.#osls.service.custom.stack.config.stack;
  }

  get #routerFolder(): string {
    return join(this.#osls.serviceDir, 'build/router');
  }

  /** In the one place of the terminal that shows what is going on. */
  #report = (line: string): void => this.#utils.progress.get('main').notice(line);

  async #bundle(): Promise<void> {
    await rm(join(this.#osls.serviceDir, 'build'), { recursive: true, force: true });
    await Promise.all([
      bundleFunctions(join(this.#osls.serviceDir, 'build/functions')),
      this.#layRouter(),
    ]);
    const { environment } = this.#osls.service.provider;
    const host = '${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}';
    environment.HEADRACE_ROUTER_IMAGE ??= sub(
      `${host}/\${${ROUTER_REPOSITORY}}:${await this.#routerTag()}`,
    );
  }

  async #layRouter(): Promise<void> {
    await mkdir(this.#routerFolder, { recursive: true });
    await bundleRouter(this.#routerFolder);
    await layImageContext(this.#routerFolder);
  }

  /** Says what is in the image: the same source is the same image. */
  async #routerTag(): Promise<string> {
    const context = await packFolder(this.#routerFolder);
    return createHash('sha256').update(context).digest('hex').slice(0, 16);
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

  /** A function that names its role depends on it; osls says so once more, which linters find fault with. */
  #dependOnRolesOnce(): void {
    const { Resources } = this.#osls.service.provider.compiledCloudFormationTemplate;
    for (const resource of Object.values(Resources)) {
      if (resource.Type !== 'AWS::Lambda::Function') continue;
      resource.DependsOn = resource.DependsOn?.filter((name) => !name.endsWith('Role'));
    }
  }

  async #pushRouter(): Promise<void> {
    const { config, routerImage } = this.#osls.service.custom.stack;
    if (routerImage !== null) return;
    const architectures = Object.keys(config.instanceTypes).map(architectureOf);
    const image = {
      repository: repositoryOf(this.#stack),
      tag: await this.#routerTag(),
      folder: this.#routerFolder,
      nodeImage: process.env.HEADRACE_NODE_IMAGE || NODE_IMAGE,
      architectures: [...new Set(architectures)].sort(),
    };
    const engine = async () => (await findEngine(process.env)).docker;
    const ecr = new ECRClient(await this.#clientConfig());
    await pushRouterImage(image, { ecr, engine, report: this.#report });
  }

  async #afterDeploy(): Promise<void> {
    await resumeMakers(this.#stack, await this.#clientConfig());
    const { EndpointUrl = '' } = await this.#outputs();
    const { signIn, stage } = this.#osls.service.custom.stack.config;
    const { region } = await this.#clientConfig();
    this.#utils.writeText(usage({ url: EndpointUrl, region, signIn, stage }));
  }

  async #beforeRemove(): Promise<void> {
    this.#dataBucket = (await this.#outputs()).DataBucketName;
    await removeLeftovers(this.#stack, await this.#clientConfig(), this.#report);
  }

  async #afterRemove(): Promise<void> {
    if (this.#dataBucket === undefined) return;
    const isKept = await removeUnlessUsed(this.#dataBucket, await this.#clientConfig());
    if (!isKept) return;
    this.#utils.writeText(
      `The bucket ${this.#dataBucket} is kept, since objects are in it. To delete it with them: aws s3 rb --force s3://${this.#dataBucket}`,
    );
  }

  #clientConfig() {
    return this.#osls.getProvider('aws').getAwsSdkV3Config();
  }

  /** {} while there is no stack. */
  async #outputs(): Promise<Record<string, string>> {
    const cloudFormation = new CloudFormationClient(await this.#clientConfig());
    try {
      const { Stacks = [] } = await cloudFormation.send(
        new DescribeStacksCommand({ StackName: this.#stack }),
      );
      const outputs = Stacks[0]?.Outputs ?? [];
      return Object.fromEntries(
        outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return {};
      throw error;
    }
  }
}
