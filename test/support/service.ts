import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Template } from '../../infra/osls.ts';
import { type Ran, run, withoutAwsSettings } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');
const SLS = join(ROOT, 'node_modules/osls/bin/serverless.js');
/** It waits for stacks; on a busy machine a while. */
const PATIENCE_MS = 180_000;
const NO_NETWORK = pathToFileURL(join(import.meta.dirname, 'no-network.ts')).href;

/**
 * A folder in which `sls` has the project's service before it, with a configuration of its own, so that two tests
 * do not write to the same files. Whoever asks for it removes it.
 */
export async function serviceFolder(config?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-service-'));
  for (const part of ['infra', 'src', 'functions', 'node_modules', 'package.json']) {
    await symlink(join(ROOT, part), join(folder, part));
  }
  await cp(join(ROOT, 'serverless.yml'), join(folder, 'serverless.yml'));
  const file = join(folder, 'headrace.config.yml');
  if (config === undefined) await cp(join(ROOT, 'headrace.config.yml'), file);
  else await writeFile(file, config);
  return folder;
}

/** `sls` as npm's scripts run it. */
export function sls(
  folder: string,
  args: string[],
  environment: Record<string, string | undefined> = {},
): Promise<Ran> {
  const env = { ...withoutAwsSettings(), ...environment };
  return run(process.execPath, [SLS, ...args], env, { cwd: folder, patienceMs: PATIENCE_MS });
}

/** `sls package` with neither network nor credentials. @throws what it printed, when it failed */
export async function packageService(folder: string): Promise<Record<'first' | 'whole', Template>> {
  const { code, stdout, stderr } = await sls(
    folder,
    ['package', '--stage', 'prod', '--region', 'eu-west-1'],
    {
      NODE_OPTIONS: `--import=${NO_NETWORK}`,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  );
  if (code !== 0) throw new Error(`sls package ended with ${code}: ${stdout}${stderr}`);
  const read = async (step: string) => {
    const file = join(folder, `.serverless/cloudformation-template-${step}-stack.json`);
    return JSON.parse(await readFile(file, 'utf8')) as Template;
  };
  return { first: await read('create'), whole: await read('update') };
}
