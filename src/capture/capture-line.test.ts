import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureLine } from './capture-line.ts';
import type { CaptureSettings } from './capture-settings.ts';
import { ownBytes } from './captured-invocation.ts';

const NO_TYPES: Pick<CaptureSettings, 'csvContentTypes' | 'jsonContentTypes'> = {
  csvContentTypes: [],
  jsonContentTypes: [],
};
const body = (text: string | Buffer, contentType?: string) => ({
  contentType,
  bytes: ownBytes(Buffer.from(text as string)),
});
const invocation = {
  eventId: 'e1',
  inferenceId: undefined,
  time: Date.UTC(2026, 10, 28, 7, 5, 9, 123),
  size: 0,
};

it('has SageMaker’s shape', () => {
  const line = captureLine(
    {
      ...invocation,
      inferenceId: 'i1',
      input: body('5.1,3.5\n', 'text/csv'),
      output: body('{"class":"setosa"}', 'application/json; charset=utf-8'),
    },
    { csvContentTypes: ['text/csv'], jsonContentTypes: ['application/json'] },
  );

  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    captureData: {
      endpointInput: {
        observedContentType: 'text/csv',
        mode: 'INPUT',
        data: '5.1,3.5\n',
        encoding: 'CSV',
      },
      endpointOutput: {
        observedContentType: 'application/json; charset=utf-8',
        mode: 'OUTPUT',
        data: '{"class":"setosa"}',
        encoding: 'JSON',
      },
    },
    eventMetadata: { eventId: 'e1', inferenceId: 'i1', inferenceTime: '2026-11-28T07:05:09Z' },
    eventVersion: '0',
  });
});

it('tells what each stage answered, and how one failed', () => {
  const stages = [
    { name: 'featurise', status: 200, output: body('1', 'text/csv') },
    { name: 'predict', status: 0, failure: 'refused the connection' },
  ];

  const { captureData } = JSON.parse(captureLine({ ...invocation, stages }, NO_TYPES));

  expect(captureData).toEqual({
    stages: [
      {
        containerHostname: 'featurise',
        status: 200,
        output: {
          observedContentType: 'text/csv',
          mode: 'OUTPUT',
          data: 'MQ==',
          encoding: 'BASE64',
        },
      },
      { containerHostname: 'predict', status: 0, failure: 'refused the connection' },
    ],
  });
});

describe('a body', () => {
  const encoded = (contentType: string | undefined, bytes: Buffer, types = NO_TYPES) =>
    JSON.parse(captureLine({ ...invocation, input: body(bytes, contentType) }, types)).captureData
      .endpointInput;

  it.each([
    ['text/csv', 'CSV'],
    ['TEXT/CSV;header=present', 'CSV'],
    ['application/json', 'JSON'],
    ['application/jsonlines', 'BASE64'],
    ['', 'BASE64'],
    [undefined, 'BASE64'],
  ])('of type %s is captured as %s', (contentType, encoding) => {
    const types = { csvContentTypes: ['text/csv'], jsonContentTypes: ['application/json'] };

    expect(encoded(contentType, Buffer.from('1'), types)).toMatchObject({ encoding });
  });

  it('is base64 when it is not the text its type says', () => {
    const types = { csvContentTypes: ['text/csv'], jsonContentTypes: [] };

    expect(encoded('text/csv', Buffer.from([0xc3, 0x28]), types)).toMatchObject({
      encoding: 'BASE64',
      data: 'wyg=',
    });
  });

  it('is base64 when its characters would make it many times as long', () => {
    const types = { csvContentTypes: ['text/csv'], jsonContentTypes: [] };

    expect(encoded('text/csv', Buffer.alloc(100), types)).toMatchObject({ encoding: 'BASE64' });
    expect(encoded('text/csv', Buffer.alloc(100, '"'), types)).toMatchObject({ encoding: 'CSV' });
  });

  it('comes back as it was, whatever its bytes', () => {
    const types = { csvContentTypes: ['text/csv'], jsonContentTypes: [] };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isCsv) => {
        const { data, encoding } = encoded(isCsv ? 'text/csv' : 'a/b', Buffer.from(bytes), types);

        const back = Buffer.from(data, encoding === 'BASE64' ? 'base64' : 'utf8');
        expect([...back]).toEqual([...bytes]);
      }),
    );
  });
});
