import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../test/support/api.ts';

let api: TestApi;
let names = 0;
let ResourceArn: string;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

/** A model of its own for every test, with one tag. */
beforeEach(async () => {
  const { body } = await api.call('CreateModel', {
    ModelName: `model-${++names}`,
    PrimaryContainer: { Image: 'registry.example/a:1' },
    Tags: [{ Key: 'team', Value: 'sea' }],
  });
  ResourceArn = String(body.ModelArn);
});

async function tags(): Promise<Record<string, string>> {
  const { body } = await api.call('ListTags', { ResourceArn });
  expect(body).not.toHaveProperty('NextToken');
  const list = body.Tags as { Key: string; Value: string }[];
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

const add = (given: Record<string, string>) =>
  api.call('AddTags', {
    ResourceArn,
    Tags: Object.entries(given).map(([Key, Value]) => ({ Key, Value })),
  });

describe('the tags of a resource', () => {
  it('are those it was made with', async () => {
    expect(await tags()).toEqual({ team: 'sea' });
  });

  it('are added to, and overwritten by key', async () => {
    const { body } = await add({ team: 'shore', größe: 'x/y z' });

    expect(await tags()).toEqual({ team: 'shore', größe: 'x/y z' });
    expect(body.Tags).toHaveLength(2);
  });

  it('may be called as every object’s own members are', async () => {
    await add({ constructor: 'McLaren', toString: '' });

    expect(await tags()).toEqual({ team: 'sea', constructor: 'McLaren', toString: '' });
  });

  it('are removed by key; what is not there is no error', async () => {
    await add({ stage: 'test' });

    const { status, body } = await api.call('DeleteTags', {
      ResourceArn,
      TagKeys: ['team', 'absent'],
    });

    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect(await tags()).toEqual({ stage: 'test' });
  });

  it('are at most 50, and the last of them may still be overwritten', async () => {
    const many = Array.from({ length: 49 }, (_, i) => [`k${i}`, 'v']);
    await add(Object.fromEntries(many));

    const over = await add({ 'one-more': '' });
    const overwritten = await add({ team: 'again' });

    expect(over.body.__type).toBe('ResourceLimitExceeded');
    expect(overwritten.status).toBe(200);
    expect(Object.keys(await tags())).toHaveLength(50);
  });

  it('are all there when requests add them at the same time, or were refused', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (key) => ({ key, ...(await add({ [key]: 'v' })) })),
    );

    const added = answers.filter(({ status }) => status === 200).map(({ key }) => key);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(added.length).toBeGreaterThan(0);
    expect(Object.keys(await tags()).sort()).toEqual([...added, 'team'].sort());
    for (const { body } of refused) expect(body.__type).toBe('ConflictException');
  });

  it('go with it, and do not come back with a new one of its name', async () => {
    const ModelName = `model-${names}`;
    await api.call('DeleteModel', { ModelName });
    await api.call('CreateModel', { ModelName, PrimaryContainer: { Image: 'i' } });

    expect(await tags()).toEqual({});
  });

  it('are not told by Describe', async () => {
    const { body } = await api.call('DescribeModel', { ModelName: `model-${names}` });

    expect(JSON.stringify(body)).not.toContain('sea');
  });
});
