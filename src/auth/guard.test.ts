import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import { testConfig } from '../../test/support/config.ts';
import { systemClock } from '../aws/clock.ts';
import type { GatewayResult } from '../protocol/gateway-event.ts';
import { guardApi, guardInvoke } from './guard.ts';
import { createSignIn } from './sign-in.ts';

const SECRET = 'Tr0ub4dorMarker7f1e0cQ9';
/** Nothing listens there. */
const NO_SSM = 'http://127.0.0.1:9';

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
});

afterEach(() => void vi.restoreAllMocks());

const signed = (parts: { id?: string; day?: string; signature?: string }) => {
  const { id = `HRAK${'A'.repeat(16)}`, day = '20261128', signature = '0'.repeat(64) } = parts;
  return `AWS4-HMAC-SHA256 Credential=${id}/${day}/us-east-1/sagemaker/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
};

it.each([
  `Bearer ${SECRET}`,
  SECRET,
  `AWS4-HMAC-SHA256 ${SECRET}`,
  signed({ id: SECRET }),
  signed({ day: SECRET }),
  signed({ signature: SECRET }),
  signed({}),
])('the log has nothing of an Authorization that is refused: %s', async (authorization) => {
  const signIn = createSignIn({ ...testConfig, auth: 'keys', ssmUrl: NO_SSM }, systemClock);
  const served = vi.fn<() => Promise<GatewayResult>>();
  const event = gatewayEvent({
    path: '/endpoints/iris/invocations',
    body: SECRET,
    headers: {
      Authorization: authorization,
      'X-Amz-Date': '20261128T000000Z',
      'X-Amz-Security-Token': SECRET,
      'X-Amzn-SageMaker-Custom-Attributes': SECRET,
    },
  });

  const invoked = await guardInvoke(signIn, served)(event);
  const called = await guardApi(signIn, served)({ ...event, path: '/' });

  expect(invoked.statusCode).toBeGreaterThanOrEqual(400);
  expect(called.statusCode).toBeGreaterThanOrEqual(400);
  expect(served).not.toHaveBeenCalled();
  expect(lines.join('\n')).not.toContain(SECRET);
});
