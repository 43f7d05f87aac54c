import { expect, it } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import { newRoot, rootOf, withTraceId } from './trace-id.ts';

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';

async function answered(given?: string): Promise<string | undefined> {
  const headers: Record<string, string> = given === undefined ? {} : { 'x-amzn-trace-id': given };
  const handle = withTraceId(async () => ({ statusCode: 400, headers: {}, body: Buffer.from('') }));
  const result = await handle({ ...gatewayEvent({}), headers });
  return result.headers['X-Amzn-Trace-Id'];
}

it.each([`Root=${ROOT}`, `Self=1-a;Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`])(
  'an answer tells the trace of its request: %s',
  async (given) => expect(await answered(given)).toBe(`Root=${ROOT}`),
);

it.each([undefined, '', 'Root=', 'mine', `Root=${ROOT}0`, `Root=${ROOT}\r\nSet-Cookie: a=b`])(
  'a request without one gets one, and what is none is not given back: %j',
  async (given) => {
    const header = await answered(given);

    expect(header).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(header).not.toContain(ROOT);
  },
);

it('a new one begins with the time, in seconds', () => {
  const root = newRoot(1_480_615_200_000);

  expect(root).toMatch(/^1-58406520-/);
  expect(rootOf(`Root=${root}`)).toBe(root);
});
