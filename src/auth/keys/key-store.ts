import {
  DeleteParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { ACCESS_KEY_ID, type AccessKeyRecord, keysPath } from '../access-key.ts';
import { parseRecord } from '../read-key.ts';

/** What is listed of a key: all but its secret. `undefined` of one whose parameter cannot be understood. */
export interface StoredKey {
  id: string;
  record: AccessKeyRecord | undefined;
}

/**
 * A stack's access keys, each a SecureString of its own in SSM Parameter Store. So one call makes or
 * revokes a key, whole or not at all, and standard parameters cost nothing.
 */
export class KeyStore {
  readonly #ssm: SSMClient;
  readonly #path: string;

  constructor(ssm: SSMClient, stack: string) {
    this.#ssm = ssm;
    this.#path = keysPath(stack);
  }

  /** Oldest first. */
  async list(): Promise<StoredKey[]> {
    const pages = paginateGetParametersByPath(
      { client: this.#ssm },
      { Path: this.#path, WithDecryption: true },
    );
    const keys: StoredKey[] = [];
    for await (const { Parameters = [] } of pages) {
      for (const { Name = '', Value = '' } of Parameters) {
        const id = Name.slice(this.#path.length);
        if (ACCESS_KEY_ID.test(id)) keys.push({ id, record: parseRecord(Value) });
      }
    }
    return keys.sort((a, b) => (a.record?.createdAt ?? 0) - (b.record?.createdAt ?? 0));
  }

  /** @throws ParameterAlreadyExists */
  async add(id: string, record: AccessKeyRecord): Promise<void> {
    await this.#put(id, record, false);
  }

  async replace(id: string, record: AccessKeyRecord): Promise<void> {
    await this.#put(id, record, true);
  }

  /** Nothing is wrong when it has gone before. */
  async remove(id: string): Promise<void> {
    try {
      await this.#ssm.send(new DeleteParameterCommand({ Name: this.#path + id }));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }

  async #put(id: string, record: AccessKeyRecord, overwrites: boolean): Promise<void> {
    await this.#ssm.send(
      new PutParameterCommand({
        Name: this.#path + id,
        Value: JSON.stringify(record),
        Type: 'SecureString',
        Overwrite: overwrites,
      }),
    );
  }
}
