import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';

/** What a stage tells about a request, and about itself, with `ANSWER: 'report'` (stage.js). */
export interface StageReport {
  argv: string[];
  body: string;
  cwd: string;
  environment: Record<string, string>;
  headers: Record<string, string>;
  pid: number;
}

/** An image folder below `folder`, whose stage behaves as the container's Environment says. */
export async function writeImage(folder: string): Promise<string> {
  const image = join(folder, 'image');
  await mkdir(image);
  await copyFile(join(import.meta.dirname, 'stage.js'), join(image, 'serve'));
  await chmod(join(image, 'serve'), 0o755);
  return image;
}

/** The settings that stage.js knows; other names are passed through. */
export type Behaviour = Record<string, string>;

/** One container that runs `image`. */
export function stage(image: string, Environment: Behaviour = {}): ContainerDefinition {
  return { Image: `file:${image}`, Environment };
}
