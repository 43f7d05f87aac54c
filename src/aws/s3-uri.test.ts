import { expect, test } from 'vitest';
import { parseS3Uri } from './s3-uri.ts';

test.each([
  ['s3://data/in/a.csv', { bucket: 'data', key: 'in/a.csv' }],
  ['s3://data/', { bucket: 'data', key: '' }],
  ['s3://data', { bucket: 'data', key: '' }],
  ['s3://data//a\nb', { bucket: 'data', key: '/a\nb' }],
  ['s3:///in/a.csv', undefined],
  ['https://data/in/a.csv', undefined],
  ['', undefined],
])('%j', (uri, place) => {
  expect(parseS3Uri(uri)).toEqual(place);
});
