/** Whatever SageMaker's own SDK can send is known here: it is used, or refused by name with a way out. */
import * as sagemaker from '@aws-sdk/client-sagemaker';
import { NormalizedSchema } from '@smithy/core/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPERATIONS } from '../src/operations.ts';
import { startApi, type TestApi } from './support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

/** A value that no member takes, for none is a structure with just this in it. */
const WRONG = { NoSuchMember: 1 };

type Members = Record<string, unknown>;
/** Its kind, name space, name, traits and input. */
type OperationSchema = [number, string, string, unknown, Parameters<typeof NormalizedSchema.of>[0]];

interface Place {
  operation: string;
  /** As an error names it: empty, or with a full stop at its end. */
  path: string;
  /** The request with these members there. */
  request: (members: Members) => Members;
}

it.each([...OPERATIONS.keys()])('%s knows every member', async (operation) => {
  const { [`${operation}$`]: schema } = sagemaker as unknown as Record<string, OperationSchema>;
  const place = { operation, path: '', request: (members: Members) => members };

  expect(await unknownMembers(NormalizedSchema.of(schema![4]), place)).toEqual([]);
});

async function unknownMembers(shape: NormalizedSchema, place: Place): Promise<string[]> {
  const found: string[] = [];
  for (const [name, value] of shape.structIterator()) {
    const path = `${place.path}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const { body } = await api.call(place.operation, place.request({ [name]: WRONG }));
    const said = constraintAt(path, String(body.message));
    if (/by Headrace(?!: \w.{10})/.test(said)) found.push(`${path} has no way out`);
    if (said.includes('by Headrace')) continue;
    if (said.startsWith('Member is not part')) found.push(path);
    const isList = value.isListSchema();
    const inside = isList ? value.getValueSchema() : value;
    if (!inside.isStructSchema()) continue;
    found.push(
      ...(await unknownMembers(inside, {
        ...place,
        path: `${path}.${isList ? '1.member.' : ''}`,
        request: (members) => place.request({ [name]: isList ? [members] : members }),
      })),
    );
  }
  return found;
}

/** What is wrong with the member, or with what is in it. */
function constraintAt(path: string, message: string): string {
  const at = `'${path}' failed to satisfy constraint: `;
  const inIt = `'${path}.noSuchMember' failed to satisfy constraint: `;
  const [, constraint] = message.split(at);
  if (constraint === undefined && message.includes(inIt)) return 'takes a structure';
  return constraint?.split('; Value ')[0] ?? `Member is not part of what was said: ${message}`;
}
