import { logEvent } from './log.ts';

const ANSWERS_WITHIN_MS = 4_000;

export type ImageLabels = (image: string) => Promise<Record<string, string> | undefined>;

/**
 * Asks the stand-in of a laptop at `url` which labels an image has: undefined when it does not know the
 * image, or does not answer. There is nothing of the kind on AWS.
 */
export function createImageLabels(url: string): ImageLabels {
  return async (image) => {
    try {
      const answer = await fetch(`${url}/images/${encodeURIComponent(image)}/labels`, {
        signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      });
      if (!answer.ok) return undefined;
      const { labels } = (await answer.json()) as { labels?: Record<string, string> };
      return labels;
    } catch (error) {
      // It is no reason to refuse a model; a task will tell what is wrong.
      logEvent('warn', { event: 'image-not-looked-at', image, error: String(error) });
      return undefined;
    }
  };
}
