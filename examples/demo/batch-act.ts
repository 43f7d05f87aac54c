import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Flower } from '../iris/flowers.ts';
import { toCsv } from '../iris/train.ts';
import { say, tell } from './say.ts';

const PATIENCE_MS = 30_000;

/** Puts the flowers, with what they are, under a trigger's prefix; reads what appears beside them. */
export async function batchAct(options: {
  gateway: string;
  s3: S3Client;
  bucket: string;
  model: string;
  flowers: Flower[];
}): Promise<void> {
  const { gateway, s3, bucket, model, flowers } = options;
  const trigger = {
    Bucket: bucket,
    Prefix: 'flowers/',
    Suffix: '.csv',
    TransformJob: {
      ModelName: model,
      TransformInput: { ContentType: 'text/csv', SplitType: 'Line' },
      // The fifth column says what the flower is: the model does not get to see it.
      DataProcessing: { InputFilter: '$[:4]', JoinSource: 'Input' },
      TransformOutput: {
        S3OutputPath: `s3://${bucket}/predictions/`,
        Accept: 'text/csv',
        AssembleWith: 'Line',
      },
      TransformResources: { InstanceType: 'ml.c5.xlarge', InstanceCount: 1 },
    },
  };
  const made = await fetch(`${gateway}/transform-triggers/${model}`, {
    method: 'PUT',
    body: JSON.stringify(trigger),
  });
  if (!made.ok) throw new Error(await made.text());
  say(`PUT /transform-triggers/${model}: s3://${bucket}/flowers/*.csv -> predictions/`);

  const Body = flowers.map((flower) => `${toCsv([flower])},${flower.species}\n`).join('');
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'flowers/today.csv', Body }));
  const asked = Date.now();
  say(`S3                    put s3://${bucket}/flowers/today.csv (${flowers.length} flowers)`);

  const output = await appeared(s3, bucket, 'predictions/today.csv.out');
  const seconds = ((Date.now() - asked) / 1000).toFixed(1);
  say(`Predictions appeared  ${seconds} s later, joined to their inputs:`);
  const lines = output.trimEnd().split('\n');
  tell('four lengths, what it is, what it is taken for, how surely');
  for (const line of lines.filter((_, position) => position % 12 === 0)) tell(line);
  const right = lines.map((line) => line.split(',')).filter((fields) => fields[4] === fields[5]);
  say(`${right.length} of ${lines.length} lines name the same species twice.`);
}

async function appeared(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    } catch (error) {
      if (!(error instanceof NoSuchKey)) throw error;
      await sleep(100);
    }
  }
  throw new Error(`s3://${Bucket}/${Key} did not appear within ${PATIENCE_MS / 1000} s.`);
}
