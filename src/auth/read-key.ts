import * as z from 'zod';
import type { Clock } from '../aws/clock.ts';
import { logEvent } from '../aws/log.ts';
import { CallRefused, type Credentials, type Service, signedCall } from '../aws/signed-call.ts';
import { AccessKey, type AccessKeyRecord, accessKeyRecord, keysPath } from './access-key.ts';

const answer = z.object({ Parameter: z.object({ Value: z.string() }) });

/**
 * Reads access keys where they lie: each in a parameter of its own, encrypted, in SSM Parameter Store.
 * @returns undefined where there is no such parameter, or none that is a key
 */
export function createReadKey(
  ssm: Service,
  stack: string,
  caller: { credentials: Credentials; clock: Clock },
): (id: string) => Promise<AccessKey | undefined> {
  return async (id) => {
    const input = { Name: keysPath(stack) + id, WithDecryption: true };
    let found: unknown;
    try {
      found = await signedCall(ssm, 'AmazonSSM.GetParameter', input, caller);
    } catch (error) {
      if (error instanceof CallRefused && error.code === 'ParameterNotFound') return undefined;
      throw error;
    }
    const record = parseRecord(answer.parse(found).Parameter.Value);
    if (record !== undefined) return new AccessKey(id, record);
    logEvent('error', { event: 'access-key-not-understood', parameter: input.Name });
    return undefined;
  };
}

/** undefined: it is not the record of a key. Nothing is told of why, which would quote it. */
export function parseRecord(text: string): AccessKeyRecord | undefined {
  try {
    return accessKeyRecord.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
