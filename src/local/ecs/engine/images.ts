import type Docker from 'dockerode';
import { inTime, isMissing } from './engine-error.ts';

/** A registry that says nothing for so long has gone. */
const SILENT_MS = 120_000;
const PROGRESS_EVERY_MS = 5000;

/** One line of what the engine says while it pulls or builds. */
interface Progress {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly stream?: string;
  readonly progressDetail?: { current?: number; total?: number };
}

/** Whether the engine has it; its id, labels and size, or undefined. */
export async function inspectImage(
  docker: Docker,
  image: string,
): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await inTime(docker.getImage(image).inspect());
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The images that containers need: those the engine has, else pulled. */
export class Images {
  readonly #docker: Docker;
  readonly #report: (line: string) => void;
  readonly #stop: AbortSignal | undefined;
  /** Two stages of one image are one pull. */
  readonly #pulling = new Map<string, Promise<void>>();

  /** `stop` ends every pull, and refuses the next ones. */
  constructor(docker: Docker, report: (line: string) => void, stop?: AbortSignal) {
    this.#docker = docker;
    this.#report = report;
    this.#stop = stop;
  }

  /** Rejects with what the engine says when it can neither find nor pull it. */
  async ensure(image: string): Promise<void> {
    if ((await inspectImage(this.#docker, image)) !== undefined) return;
    const pulling = this.#pulling.get(image) ?? this.#pull(image);
    this.#pulling.set(image, pulling);
    try {
      await pulling;
    } finally {
      this.#pulling.delete(image);
    }
  }

  async #pull(image: string): Promise<void> {
    const silence = new AbortController();
    const abortSignal = AbortSignal.any([silence.signal, ...(this.#stop ? [this.#stop] : [])]);
    const tooQuiet = setTimeout(() => silence.abort(), SILENT_MS);
    this.#report(`pulling ${image}`);
    let said = Date.now();
    const layers = new Map<string, Progress>();
    try {
      const answer = await this.#docker.createImage({ fromImage: withTag(image), abortSignal });
      await follow(answer, (progress) => {
        tooQuiet.refresh();
        if (progress.id !== undefined) layers.set(progress.id, progress);
        if (Date.now() - said < PROGRESS_EVERY_MS) return;
        said = Date.now();
        this.#report(`pulling ${image}: ${sumUp([...layers.values()])}`);
      });
    } catch (error) {
      if (silence.signal.aborted) {
        throw new Error(`the registry was silent for ${SILENT_MS / 1000} s`, { cause: error });
      }
      throw error;
    } finally {
      clearTimeout(tooQuiet);
    }
    this.#report(`pulled ${image}`);
  }
}

/** Reads what the engine says to its end. Rejects with the error in it. */
export async function follow(
  answer: NodeJS.ReadableStream,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const progress = JSON.parse(line) as Progress;
      if (progress.error !== undefined) throw new Error(progress.error);
      onProgress(progress);
    }
  }
}

/** Without a tag the engine would pull every one there is. */
export function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.includes(':') || name.includes('@') ? image : `${image}:latest`;
}

const LAYER_IN_PLACE = /^(Pull complete|Already exists)/;

function sumUp(layers: readonly Progress[]): string {
  const done = layers.filter(({ status = '' }) => LAYER_IN_PLACE.test(status)).length;
  const bytes = layers.reduce((sum, { progressDetail }) => sum + (progressDetail?.current ?? 0), 0);
  return `${done} of ${layers.length} layers, ${Math.round(bytes / 1e6)} MB on their way`;
}
