import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { NOON } from '../../../test/support/api.ts';
import { startParameterStore } from '../../../test/support/parameter-store.ts';
import type { Service } from '../../aws/signed-call.ts';
import { ACCESS_KEY_ID, type AccessKey } from '../access-key.ts';
import { createReadKey } from '../read-key.ts';
import { type Command, UsageError } from './command-line.ts';
import { KeyStore } from './key-store.ts';
import { runCommand } from './run-command.ts';
import { tell } from './tell.ts';

let ssm: { url: string; client: SSMClient; close: () => Promise<void> };
let stack: string;
let stacks = 0;

beforeAll(async () => {
  ssm = await startParameterStore();
});

beforeEach(() => {
  stacks += 1;
  stack = `stack-${stacks}`;
});

afterAll(() => ssm.close());

const HOUR = 3_600_000;
const CREATE: Command = {
  command: 'create',
  name: 'ci',
  allow: ['invoke'],
  endpoints: ['abalone-*'],
};

function ran(command: Command, now = NOON) {
  return runCommand(command, new KeyStore(ssm.client, stack), now);
}

async function created(command: Command = CREATE, now = NOON) {
  const [key] = (await ran(command, now)).created;
  return key!;
}

/** As a function reads it. */
function read(id: string): Promise<AccessKey | undefined> {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: undefined };
  const service: Service = { name: 'ssm', url: ssm.url, region: 'us-east-1', json: '1.1' };
  return createReadKey(service, stack, { credentials, clock: { now: () => NOON } })(id);
}

test('a key is made with a secret that is told once, and read by the functions', async () => {
  const key = await created();
  const listed = await ran({ command: 'list' });

  expect(key.accessKeyId).toMatch(ACCESS_KEY_ID);
  expect(key.secretAccessKey).toMatch(/^[\w-]{40}$/);
  expect(listed.keys).toEqual([
    {
      accessKeyId: key.accessKeyId,
      name: 'ci',
      allow: ['invoke'],
      endpoints: ['abalone-*'],
      createdAt: '2026-11-22T12:00:00.000Z',
    },
  ]);
  expect(JSON.stringify(listed)).not.toContain(key.secretAccessKey);
  expect(await read(key.accessKeyId)).toMatchObject({ name: 'ci', endpoints: ['abalone-*'] });
});

test('keys of another stack are not seen', async () => {
  const key = await created();
  stack = `${stack}-other`;

  expect(await ran({ command: 'list' })).toMatchObject({ keys: [] });
  expect(await read(key.accessKeyId)).toBeUndefined();
});

test('a name is given once', async () => {
  await created();

  await expect(ran(CREATE)).rejects.toThrow(UsageError);
});

test('rotated, a key goes on for the overlap, and another has its name and rights', async () => {
  const first = await created();
  const rotate: Command = {
    command: 'rotate',
    selection: { name: 'ci' },
    overlapMs: 24 * HOUR,
  };

  const outcome = await ran(rotate, NOON + HOUR);
  const again = await ran(rotate, NOON + 2 * HOUR);
  const { keys } = await ran({ command: 'list' });

  expect(outcome.keys).toMatchObject([
    { accessKeyId: first.accessKeyId, expiresAt: '2026-11-23T13:00:00.000Z' },
  ]);
  // The first has been replaced: it is the second's turn.
  expect(again.keys).toMatchObject([{ accessKeyId: outcome.created[0]?.accessKeyId }]);
  expect(keys.map(({ name, endpoints }) => [name, endpoints])).toEqual(
    Array(3).fill(['ci', ['abalone-*']]),
  );
  expect((await read(first.accessKeyId))?.expiresAt).toBe(NOON + 25 * HOUR);
  const { accessKeyId: id } = first;
  await expect(ran({ ...rotate, selection: { id } })).rejects.toThrow(/has been replaced already/);
});

test.each([
  ['leaves the keys as they were', 0, 1],
  ['and cannot be undone leaves the old key as it was', 1, 2],
])('a rotation that breaks off %s', async (_, failsToRemove, left) => {
  const first = await created();
  const send = ssm.client.send.bind(ssm.client);
  const spy = vi.spyOn(ssm.client, 'send').mockImplementation(async (command: unknown) => {
    const overwrites = command instanceof PutParameterCommand && command.input.Overwrite;
    const removes = command instanceof DeleteParameterCommand;
    if (overwrites || (removes && failsToRemove)) throw new Error('down');
    return await send(command as PutParameterCommand);
  });
  const rotate: Command = { command: 'rotate', selection: { name: 'ci' }, overlapMs: 0 };
  await expect(ran(rotate)).rejects.toThrow('down');
  spy.mockRestore();

  const { keys } = await ran({ command: 'list' });
  const old = keys.find(({ accessKeyId }) => accessKeyId === first.accessKeyId);

  expect(keys).toHaveLength(left);
  expect(old).toBeDefined();
  expect(old).not.toHaveProperty('expiresAt');
  if (left === 2) {
    await expect(ran(rotate)).rejects.toThrow(/There are 2 such keys: .*Give the id of one/);
  }
  await expect(ran({ ...rotate, selection: { id: first.accessKeyId } })).resolves.toMatchObject({
    keys: [{ accessKeyId: first.accessKeyId }],
  });
});

test('keys are revoked by id, by name, and all at once', async () => {
  const [one, two] = [await created(), await created({ ...CREATE, name: 'two' })];
  await created({ ...CREATE, name: 'three' });

  const byId = await ran({ command: 'revoke', selection: { id: one.accessKeyId } });
  const byName = await ran({ command: 'revoke', selection: { name: 'two' } });
  const all = await ran({ command: 'revoke', selection: 'all' });
  const none = await ran({ command: 'revoke', selection: 'all' });

  expect(byId.revoked).toMatchObject([{ name: 'ci' }]);
  expect(byName.revoked).toMatchObject([{ accessKeyId: two.accessKeyId }]);
  expect(all.revoked).toMatchObject([{ name: 'three' }]);
  expect(none.revoked).toEqual([]);
  expect(await read(one.accessKeyId)).toBeUndefined();
  await expect(ran({ command: 'revoke', selection: { name: 'ci' } })).rejects.toThrow(
    /There is no key of the name ci/,
  );
});

test('a parameter that holds no key lets nobody in, says so without quoting it, and can be revoked', async () => {
  const id = `HRAK${'B'.repeat(16)}`;
  const put = (Value: string, Name = `/${stack}/keys/${id}`) =>
    ssm.client.send(
      new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }),
    );
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);

  const found = [];
  for (const value of ['MARKER', '{"secret":"MARKER"}', '"MARKER"']) {
    await put(value);
    found.push(await read(id));
  }
  await put('{}', `/${stack}/keys/something-else`);
  const { keys } = await ran({ command: 'list' });
  const { revoked } = await ran({ command: 'revoke', selection: { id } });
  const lines = logged.mock.calls.flat().join('\n');
  logged.mockRestore();

  expect(found).toEqual([undefined, undefined, undefined]);
  expect(lines).toContain('access-key-not-understood');
  expect(lines).not.toContain('MARKER');
  expect(keys).toMatchObject([{ accessKeyId: id, name: '?' }]);
  expect(revoked).toHaveLength(1);
});

test('what a person is told can be pasted into a shell', async () => {
  const outcome = await ran(CREATE);
  const [{ accessKeyId, secretAccessKey } = { accessKeyId: '' }] = outcome.created;

  expect(tell(outcome, 'mine').split('\n')).toEqual([
    '# ci may invoke on abalone-*, of mine. The secret is shown this once.',
    `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    'unset AWS_SESSION_TOKEN',
  ]);
  expect(tell(await ran({ command: 'list' }), 'mine')).toBe(
    `${accessKeyId}  ci  invoke on abalone-*  since 2026-11-22T12:00:00.000Z`,
  );
  expect(tell(await ran({ command: 'revoke', selection: 'all' }), 'mine')).toBe(
    `revoked ${accessKeyId}  ci  invoke on abalone-*  since 2026-11-22T12:00:00.000Z\nIt is refused everywhere within 60 seconds.`,
  );
  expect(tell(await ran({ command: 'list' }), 'mine')).toBe('There are no keys of mine.');
});
