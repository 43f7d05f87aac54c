import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealEcs } from '../../../test/support/ecs/real-ecs.ts';
import { Parameters } from './parameters.ts';

let real: RealEcs;
let file: string;

beforeEach(() => {
  real = new RealEcs();
  file = join(real.dir, 'ssm', 'parameters.json');
});

afterEach(() => real.close());

async function start(): Promise<SSMClient> {
  const { endpoint } = await real.start({ parameters: new Parameters(file) });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return new SSMClient({ region: 'us-east-1', credentials, endpoint, maxAttempts: 1 });
}

const put = (Name: string, Value = 'secret', Overwrite = false) =>
  new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite });

test('a parameter is put once, read with and without decryption, overwritten, deleted', async () => {
  const ssm = await start();
  const get = (WithDecryption: boolean) =>
    ssm.send(new GetParameterCommand({ Name: '/mine/keys/a', WithDecryption }));

  const first = await ssm.send(put('/mine/keys/a'));
  const again = ssm.send(put('/mine/keys/a'));
  await expect(again).rejects.toThrow(ParameterAlreadyExists);
  const encrypted = await get(false);
  await ssm.send(put('/mine/keys/a', 'another', true));
  const decrypted = await get(true);
  await ssm.send(new DeleteParameterCommand({ Name: '/mine/keys/a' }));

  expect(first.Version).toBe(1);
  expect(encrypted.Parameter?.Value).not.toContain('secret');
  expect(decrypted.Parameter).toMatchObject({
    ARN: 'arn:aws:ssm:us-east-1:000000000000:parameter/mine/keys/a',
    Type: 'SecureString',
    Value: 'another',
    Version: 2,
  });
  await expect(get(true)).rejects.toThrow(ParameterNotFound);
  const gone = ssm.send(new DeleteParameterCommand({ Name: '/mine/keys/a' }));
  await expect(gone).rejects.toThrow(ParameterNotFound);
});

test('a path is listed page by page, what lies deeper or beside it is not', async () => {
  const ssm = await start();
  const names = Array.from({ length: 23 }, (_, index) => `/mine/keys/${index}`);
  for (const name of [...names, '/mine/keys/deeper/x', '/mine/keyselsewhere', '/other/keys/x']) {
    await ssm.send(put(name));
  }

  const pages = [];
  const paginator = paginateGetParametersByPath({ client: ssm }, { Path: '/mine/keys/' });
  for await (const page of paginator) pages.push(page.Parameters ?? []);
  const deep = await ssm.send(
    new GetParametersByPathCommand({ Path: '/mine/keys/deeper', Recursive: true }),
  );

  expect(pages.map((page) => page.length)).toEqual([10, 10, 3]);
  expect(pages.flat().map(({ Name }) => Name)).toEqual(names.toSorted());
  expect(deep.Parameters).toHaveLength(1);
});

test('parameters outlive the process, in a file that only its owner may read', async () => {
  await (await start()).send(put('/mine/keys/a'));

  const later = await start();
  const found = await later.send(
    new GetParameterCommand({ Name: '/mine/keys/a', WithDecryption: true }),
  );

  expect(found.Parameter?.Value).toBe('secret');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('what the stand-in does not know is refused by name', async () => {
  const ssm = await start();

  const tiered = ssm.send(new PutParameterCommand({ Name: 'a', Value: 'b', Tier: 'Advanced' }));

  await expect(tiered).rejects.toMatchObject({ name: 'ValidationException' });
});
