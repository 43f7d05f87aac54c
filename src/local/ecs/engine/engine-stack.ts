import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Timers } from '../timers.ts';
import { engineWords } from './engine-error.ts';
import { type Engine, findEngine } from './find-engine.ts';
import { Images } from './images.ts';
import { removeAllOf } from './labels.ts';
import { routerImage } from './router-image.ts';

export interface EngineStackOptions {
  /** Of this stand-in, and nobody else's: what is made in the engine is labelled with it. */
  readonly dir: string;
  /** Where DOCKER_HOST and the like are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly s3Endpoint: string | undefined;
  readonly credentialsUri: (taskId: string) => string;
  /** Holds the bundle of the router. */
  readonly routerFolder: string;
  /** The image with Node that the router's image is built on. */
  readonly nodeImage: string;
  readonly timers: Timers;
  readonly report: (line: string) => void;
}

export interface ConnectedEngine extends Engine {
  readonly images: Images;
}

/** All that one stack has in the engine. Nothing is asked of any engine before an image needs one. */
export class EngineStack {
  readonly options: EngineStackOptions;
  /** Is there while containers of ours may be in the engine: the next life then has to look. */
  readonly #mark: string;
  readonly #stopPulling = new AbortController();
  #connecting: Promise<ConnectedEngine> | undefined;
  #routerImage: Promise<string> | undefined;

  constructor(options: EngineStackOptions) {
    this.options = options;
    this.#mark = join(options.dir, 'engine-used');
  }

  /** Rejects, when no engine answers, with where it looked; the next call looks again. */
  connected(): Promise<ConnectedEngine> {
    this.#connecting ??= this.#connect().catch((error: Error) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  /** The name of the router's image; built first when need be. Rejects with why it cannot be. */
  routerImage(): Promise<string> {
    this.#routerImage ??= this.#buildRouterImage().catch((error: Error) => {
      this.#routerImage = undefined;
      throw error;
    });
    return this.#routerImage;
  }

  /** Removes what an earlier life left. */
  async recover(): Promise<void> {
    if (!existsSync(this.#mark)) return;
    try {
      await this.connected();
    } catch (error) {
      this.options.report(
        `containers of an earlier life may still run: ${(error as Error).message} They are removed once an engine answers.`,
      );
    }
  }

  stopPulling(): void {
    this.#stopPulling.abort(new Error('the stack is stopping'));
  }

  /** Removes all that is left. Never rejects. */
  async close(): Promise<void> {
    try {
      const engine = await this.#connecting;
      if (engine === undefined) return;
      await removeAllOf(engine.docker, this.options.dir);
      rmSync(this.#mark, { force: true });
    } catch (error) {
      this.options.report(`the engine keeps containers of this stack: ${engineWords(error)}`);
    }
  }

  async #connect(): Promise<ConnectedEngine> {
    const { dir, environment, report } = this.options;
    const engine = await findEngine(environment);
    await removeAllOf(engine.docker, dir);
    mkdirSync(dir, { recursive: true });
    writeFileSync(this.#mark, `${engine.host}\n`);
    report(`images run in the engine at ${engine.host}`);
    return { ...engine, images: new Images(engine.docker, report, this.#stopPulling.signal) };
  }

  async #buildRouterImage(): Promise<string> {
    const { nodeImage, report, routerFolder } = this.options;
    const { docker, images } = await this.connected();
    return await routerImage({ docker, images, folder: routerFolder, nodeImage, report });
  }
}
