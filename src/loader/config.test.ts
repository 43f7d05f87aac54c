import { expect, it } from 'vitest';
import { ConfigError, parseLoaderConfig } from './config.ts';

const source = { uri: 's3://bucket/a/model.tar.gz', kind: 'S3Object', compression: 'Gzip' };

it('reads the sources of every stage', () => {
  const prefix = { uri: 's3://bucket/a/', kind: 'S3Prefix', compression: 'None' };

  const config = parseLoaderConfig(loading(source, prefix));

  expect(config).toEqual({
    timeoutSeconds: 900,
    stages: [
      {
        name: 'container-1',
        position: 1,
        sources: [
          { ...source, bucket: 'bucket', key: 'a/model.tar.gz' },
          { ...prefix, bucket: 'bucket', key: 'a/' },
        ],
      },
    ],
  });
});

it.each<[string, string | undefined, RegExp]>([
  ['nothing', undefined, /^HEADRACE_LOAD is not set\.$/],
  ['no JSON', '{', /^HEADRACE_LOAD is not valid JSON\.$/],
  [
    'another place',
    loading({ ...source, uri: 'https://x/y' }),
    /https:\/\/x\/y is not of the form s3/,
  ],
  [
    'a bucket as an object',
    loading({ ...source, uri: 's3://bucket' }),
    /s3:\/\/bucket names no object/,
  ],
  [
    'a prefix that does not end in "/"',
    loading({ ...source, kind: 'S3Prefix' }),
    /the prefix s3:\/\/bucket\/a\/model.tar.gz must end with "\/"/,
  ],
])('refuses %s in one line that names the variable', (_, value, message) => {
  const parse = () => parseLoaderConfig(value);

  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(message);
  expect(parse).toThrow(/^HEADRACE_LOAD/);
});

function loading(...sources: object[]): string {
  return JSON.stringify({
    timeoutSeconds: 900,
    stages: [{ name: 'container-1', position: 1, sources }],
  });
}
