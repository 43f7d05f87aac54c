import { randomBytes } from 'node:crypto';
import type { AccessKeyRecord } from '../access-key.ts';
import { type Command, type Selection, UsageError } from './command-line.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

/** What a person, or a program, is told of a key. The secret is told once, when it is made. */
export interface ToldKey {
  accessKeyId: string;
  secretAccessKey?: string;
  name: string;
  allow: string[];
  endpoints?: string[];
  createdAt: string;
  expiresAt?: string;
}

export interface Outcome {
  created: ToldKey[];
  /** Keys that go on for a while, or that were asked for. */
  keys: ToldKey[];
  revoked: ToldKey[];
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * @param now in milliseconds since the Unix epoch
 * @throws UsageError when the stack's keys do not allow for it
 */
export async function runCommand(command: Command, store: KeyStore, now: number): Promise<Outcome> {
  const keys = await store.list();
  switch (command.command) {
    case 'list':
      return outcome({ keys: keys.map(told) });
    case 'create':
      return create(command, keys, store, now);
    case 'rotate':
      return rotate(command, keys, store, now);
    case 'revoke':
      return revoke(command.selection, keys, store);
  }
}

async function create(
  { name, allow, endpoints }: Command & { command: 'create' },
  keys: StoredKey[],
  store: KeyStore,
  now: number,
): Promise<Outcome> {
  if (keys.some(({ record }) => record?.name === name)) {
    throw new UsageError(`There is a key of the name ${name}. Rotate it, or choose another name.`);
  }
  const rights = { name, allow, ...(endpoints !== undefined && { endpoints }) };
  return outcome({ created: [await add(rights, store, now)] });
}

/** The new key is there before the old one is told its end: at no time is there none. */
async function rotate(
  { selection, overlapMs }: Command & { command: 'rotate' },
  keys: StoredKey[],
  store: KeyStore,
  now: number,
): Promise<Outcome> {
  const current = selected(selection, keys).filter(
    ({ record }) => record !== undefined && record.expiresAt === undefined,
  );
  const [old, ...others] = current;
  if (old?.record === undefined) {
    throw new UsageError('That key has been replaced already. Rotate the one that took its place.');
  }
  if (others.length > 0) {
    throw new UsageError(
      `There are ${current.length} such keys: ${current.map(({ id }) => id).join(', ')}. Give the id of one.`,
    );
  }
  const { name, allow, endpoints } = old.record;
  const rights = { name, allow, ...(endpoints !== undefined && { endpoints }) };
  const created = await add(rights, store, now);
  const ending = { ...old.record, expiresAt: now + overlapMs };
  try {
    await store.replace(old.id, ending);
  } catch (error) {
    // Nobody was told the new key's secret yet.
    await store.remove(created.accessKeyId);
    throw error;
  }
  return outcome({ created: [created], keys: [told({ id: old.id, record: ending })] });
}

async function revoke(selection: Selection, keys: StoredKey[], store: KeyStore): Promise<Outcome> {
  const going = selection === 'all' ? keys : selected(selection, keys);
  for (const { id } of going) await store.remove(id);
  return outcome({ revoked: going.map(told) });
}

function selected(selection: Exclude<Selection, 'all'>, keys: StoredKey[]): StoredKey[] {
  const found = keys.filter(({ id, record }) =>
    'id' in selection ? id === selection.id : record?.name === selection.name,
  );
  if (found.length > 0) return found;
  const said = 'id' in selection ? `the id ${selection.id}` : `the name ${selection.name}`;
  throw new UsageError(`There is no key of ${said}. "list" shows those that there are.`);
}

async function add(
  rights: Pick<AccessKeyRecord, 'name' | 'allow' | 'endpoints'>,
  store: KeyStore,
  now: number,
): Promise<ToldKey> {
  const id = `HRAK${Array.from(randomBytes(16), (byte) => DIGITS[byte % DIGITS.length]).join('')}`;
  const secret = randomBytes(30).toString('base64url');
  const record = { secret, ...rights, createdAt: now };
  await store.add(id, record);
  return { ...told({ id, record }), secretAccessKey: secret };
}

function told({ id, record }: StoredKey): ToldKey {
  if (record === undefined) {
    return { accessKeyId: id, name: '?', allow: ['nothing: it is damaged'], createdAt: '?' };
  }
  const { name, allow, endpoints, createdAt, expiresAt } = record;
  return {
    accessKeyId: id,
    name,
    allow,
    ...(endpoints !== undefined && { endpoints }),
    createdAt: new Date(createdAt).toISOString(),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
  };
}

function outcome(part: Partial<Outcome>): Outcome {
  return { created: [], keys: [], revoked: [], ...part };
}
