import { describe, expect, it } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import { invocationHeaders } from './invocation-headers.ts';

const read = (headers: Record<string, string>) =>
  invocationHeaders(gatewayEvent({ headers }), 'abalone');

describe('the headers of an invocation', () => {
  it('go to the task when they are in the reference, in whatever case they came', () => {
    const { forwarded } = read({
      'content-type': 'text/csv; charset=utf-8',
      ACCEPT: 'application/json',
      'x-amzn-sagemaker-custom-attributes': 'trace=1 to the last é'.replace('é', 'e'),
      'X-Amzn-SageMaker-Inference-Id': 'id 1',
      'X-Amzn-SageMaker-Target-Container-Hostname': 'featurise',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'X-Amzn-Trace-Id': 'Root=1-67891233-abcdef012345678912345678',
    });

    expect(forwarded).toEqual({
      'content-type': 'text/csv; charset=utf-8',
      accept: 'application/json',
      'x-amzn-sagemaker-custom-attributes': 'trace=1 to the last e',
      'x-amzn-sagemaker-inference-id': 'id 1',
      'x-amzn-sagemaker-target-container-hostname': 'featurise',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
    });
  });

  it('do not when they are the business of somebody else', () => {
    const { forwarded } = read({
      Authorization: 'AWS4-HMAC-SHA256 Credential=…',
      'X-Amz-Security-Token': 'secret',
      Cookie: 'session=1',
      Host: 'example.com',
      Connection: 'close',
      'Transfer-Encoding': 'chunked',
      'x-headrace-timeout-ms': '9999999',
      'x-amzn-requestid': 'mine',
    });

    expect(forwarded).toEqual({});
  });

  it('name a variant and a container', () => {
    expect(
      read({
        'X-Amzn-SageMaker-Target-Variant': 'Canary',
        'X-Amzn-SageMaker-Target-Container-Hostname': 'b',
      }),
    ).toMatchObject({ targetVariant: 'Canary', targetContainer: 'b' });
  });
});

const LONG = 'x'.repeat(1025);
const PREFIX = 'X-Amzn-SageMaker-';
const atMost = (length: number) => `Member must have length less than or equal to ${length}`;
const PATTERN = 'Member must satisfy regular expression pattern: ';

describe('a header is refused by its name and the rule, and its value is not told', () => {
  it.each([
    ['Content-Type', LONG, atMost(1024)],
    ['Content-Type', 'text/csv\u00e9', PATTERN],
    ['Content-Type', 'text/csv\r\nX-Evil: 1', PATTERN],
    ['Accept', LONG, atMost(1024)],
    ['Accept', 'text/\u0000', PATTERN],
    [`${PREFIX}Custom-Attributes`, LONG, atMost(1024)],
    [`${PREFIX}Custom-Attributes`, 'na\u00efve', PATTERN],
    [`${PREFIX}Inference-Id`, 'x'.repeat(65), atMost(64)],
    [`${PREFIX}Inference-Id`, '', 'Member must have length greater than or equal to 1'],
    [`${PREFIX}Inference-Id`, ' id', PATTERN],
    [`${PREFIX}Target-Variant`, 'v'.repeat(64), atMost(63)],
    [`${PREFIX}Target-Variant`, 'a_b', PATTERN],
    [`${PREFIX}Target-Variant`, '', PATTERN],
    [`${PREFIX}Target-Container-Hostname`, 'c'.repeat(64), atMost(63)],
    [`${PREFIX}Target-Container-Hostname`, 'a.b', PATTERN],
    ['traceparent', 'x'.repeat(257), atMost(256)],
    ['X-Amzn-Trace-Id', LONG, atMost(1024)],
  ])('%s: %s', (header, value, rule) => {
    const start = `1 validation error detected: Value at '${header}' failed to satisfy constraint: ${rule}`;
    let message = '';
    try {
      read({ [header]: value });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ValidationError', status: 400 });
      message = (error as Error).message;
    }

    expect(message.startsWith(start)).toBe(true);
    expect(message.slice(start.length)).toMatch(rule === PATTERN ? /^\^.*\$$/ : /^$/);
  });

  it.each([
    [
      'Target-Model',
      'Endpoint abalone is not a multi-model endpoint and does not support target model header.',
    ],
    [
      'Enable-Explanations',
      'Endpoint abalone has no explainer and does not support EnableExplanations. Explain in a stage of the pipeline.',
    ],
    [
      'Inference-Component',
      'Endpoint abalone hosts no inference components and does not support InferenceComponentName. Use TargetVariant.',
    ],
    ['Session-Id', 'Endpoint abalone does not support sessions. Leave SessionId out.'],
    [
      'Prefix-Aware-Id',
      'Endpoint abalone does not route by prefix. Leave the prefix-aware id out.',
    ],
  ])('%s, which no pipeline has', (header, message) => {
    expect(() => read({ [`${PREFIX}${header}`]: 'hunter2' })).toThrow(message);
  });

  it.each([
    ['Content-Type', 'x'.repeat(1024)],
    [`${PREFIX}Inference-Id`, 'x'.repeat(64)],
    [`${PREFIX}Target-Variant`, 'v'.repeat(63)],
    ['Accept', ''],
  ])('%s is taken at its limit', (header, value) => {
    expect(() => read({ [header]: value })).not.toThrow();
  });
});
