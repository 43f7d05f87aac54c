import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const DOCKERFILE = join(import.meta.dirname, '../../infra/Dockerfile');
/** SageMaker's API takes as many containers in a model. */
const MOST_STAGES = 15;

/** Adds to a folder that holds the router's bundle what its image is built with: `docker build <folder>`. */
export async function layImageContext(folder: string): Promise<void> {
  for (let position = 1; position <= MOST_STAGES; position += 1) {
    await mkdir(join(folder, 'models', String(position)), { recursive: true });
  }
  await copyFile(DOCKERFILE, join(folder, 'Dockerfile'));
}
