// What a person would write instead: read the file, cut it into lines, call the pipeline with undici,
// so many at a time, write the answers in order. No retries, no checks, no resuming.
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Pool } from 'undici';
import { countUsage } from './usage.ts';

const tellUsage = countUsage();
const [key = '', port = '', width = '1', perRequest = '1'] = process.argv.slice(2);
const s3 = new S3Client({
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: Number(width) });
const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bench', Key: key }));
const lines = ((await Body?.transformToString()) ?? '').split('\n').filter((line) => line !== '');

const payloads: string[] = [];
for (let at = 0; at < lines.length; at += Number(perRequest)) {
  payloads.push(`${lines.slice(at, at + Number(perRequest)).join('\n')}\n`);
}
const answers: string[] = new Array(payloads.length);
let next = 0;
async function one(): Promise<void> {
  for (let at = next++; at < payloads.length; at = next++) {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/invocations',
      headers: { 'content-type': 'text/csv' },
      body: payloads[at] ?? '',
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(text);
    answers[at] = text;
  }
}
await Promise.all(Array.from({ length: Number(width) }, one));

const output = Buffer.from(answers.join(''));
const object = { Bucket: 'bench', Key: 'loop.out' };
const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
const Parts = [];
for (let at = 0, number = 1; at < output.length; at += 8_388_608, number++) {
  const part = { ...object, UploadId, PartNumber: number };
  const { ETag } = await s3.send(
    new UploadPartCommand({ ...part, Body: output.subarray(at, at + 8_388_608) }),
  );
  Parts.push({ ETag, PartNumber: number });
}
await s3.send(
  new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
);
await pool.close();
tellUsage();
process.disconnect?.();
