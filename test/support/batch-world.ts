import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../src/aws/clock.ts';
import { documentClient } from '../../src/aws/document-client.ts';
import { randomId } from '../../src/aws/ids.ts';
import { Table } from '../../src/aws/table.ts';
import type { BatchConfig } from '../../src/batch/config.ts';
import { type Summary, work } from '../../src/batch/worker.ts';
import { ensureTable, startDynamoDB } from '../../src/local/dynamodb.ts';
import { startObjectStore } from '../../src/local/object-store.ts';
import type { AroundCall } from './simulated-plane.ts';

const CONNECTION = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
};
const S3_OPTIONS = {
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const;
const BUCKET = 'data';

/** What the pipeline answers for a payload. */
export type Pipeline = (payload: string) => { status?: number; body: string };

interface UploadCall {
  input: { UploadId?: string };
}

interface AnyStack {
  add(
    middleware: (next: (args: unknown) => Promise<unknown>) => (args: unknown) => Promise<unknown>,
    options: { step: 'finalizeRequest'; priority: 'low' },
  ): void;
  add(
    middleware: (
      next: (args: UploadCall) => Promise<{ output: { UploadId?: string } }>,
      context: { commandName: string },
    ) => (args: UploadCall) => Promise<unknown>,
    options: { step: 'initialize' },
  ): void;
}

export interface BatchWorld {
  /** A worker of its own, with clients of its own: `around` sees each call to S3 and DynamoDB. */
  work(config: BatchConfig, around?: AroundCall, s3Url?: string): Promise<Summary>;
  config(change: Partial<BatchConfig> & { generation: string }): BatchConfig;
  put(key: string, body: string | Buffer): Promise<void>;
  /** Texts by key. */
  read(prefix: string): Promise<Record<string, string>>;
  /** Names of the uploads that were begun, and neither completed nor aborted. */
  uploads: ReadonlySet<string>;
  s3Url: string;
  log: string[];
  close(): Promise<void>;
}

/** S3 and DynamoDB on stand-ins, and a router that only answers. */
export async function startBatchWorld(pipeline: Pipeline): Promise<BatchWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headrace-batch-'));
  const dynamodb = await startDynamoDB(0);
  await ensureTable(dynamodb.url, CONNECTION.region, 'headrace');
  const store = await startObjectStore(0, dataDir);
  const router = await startFakeRouter(pipeline);
  const log: string[] = [];
  const uploads = new Set<string>();

  const clients = (around: AroundCall, endpoint: string) => {
    const s3 = new S3Client({ ...CONNECTION, ...S3_OPTIONS, endpoint });
    // The S3 stand-in does not list uploads.
    (s3.middlewareStack as unknown as AnyStack).add(
      (next, { commandName }) =>
        async (args) => {
          const isEnd = /^(Complete|Abort)Multipart/.test(commandName);
          const answer = await next(args).catch((error: unknown) => {
            // Its first answer was lost.
            if (isEnd && isNoSuchUpload(error)) uploads.delete(args.input.UploadId ?? '');
            throw error;
          });
          const { UploadId = answer.output.UploadId ?? '' } = args.input;
          if (commandName === 'CreateMultipartUploadCommand') uploads.add(UploadId);
          if (isEnd) uploads.delete(UploadId);
          return answer;
        },
      { step: 'initialize' },
    );
    const bare = new DynamoDBClient({ ...CONNECTION, endpoint: dynamodb.url });
    for (const { middlewareStack } of [s3, bare]) {
      // Below the SDK's own retries, as a network would be.
      (middlewareStack as unknown as AnyStack).add((next) => (args) => around(() => next(args)), {
        step: 'finalizeRequest',
        priority: 'low',
      });
    }
    const document = documentClient(bare);
    return { s3, table: new Table(document, 'headrace', randomId) };
  };
  const { s3 } = clients((send) => send(), store.url);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));

  const read = async (prefix: string) => {
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }),
    );
    const texts = Contents.map(async ({ Key = '' }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return [Key, (await Body?.transformToString()) ?? ''];
    });
    return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
  };

  return {
    log,
    s3Url: store.url,
    read,
    uploads,
    work: (config, around = (send) => send(), s3Url = store.url) => {
      const lines = {
        job: (text: string) => log.push(text),
        object: (bucket: string, key: string, texts: readonly string[]) =>
          log.push(...texts.map((text) => `${bucket}/${key}: ${text}`)),
      };
      const print = () => undefined;
      const world = {
        ...clients(around, s3Url),
        clock: systemClock,
        newId: randomId,
        log: lines,
        print,
      };
      return work(config, world, new AbortController().signal);
    },
    config: (change) => ({
      job: 'job',
      table: 'headrace',
      shares: 1,
      share: 0,
      source: { kind: 'prefix', bucket: BUCKET, prefix: 'in/' },
      compression: 'None',
      split: 'Line',
      quotedNewlines: false,
      output: { bucket: BUCKET, prefix: 'out/' },
      assembleWith: 'Line',
      strategy: 'SingleRecord',
      maxConcurrentTransforms: 2,
      maxPayloadInMB: 1,
      timeoutSeconds: 10,
      maxRetries: 0,
      inputFilter: '$',
      outputFilter: '$',
      joinSource: 'None',
      onRecordError: 'Fail',
      startupSeconds: 5,
      routerPort: router.port,
      stages: [{ name: 'first', port: router.port }],
      ...change,
    }),
    put: async (Key, Body) => {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    },
    close: async () => {
      router.close();
      await store.close();
      await dynamodb.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function isNoSuchUpload(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchUpload';
}

async function startFakeRouter(pipeline: Pipeline) {
  const server = createServer(async (request, response) => {
    const body = await request.toArray().catch(() => undefined);
    // A worker that died has taken its request with it.
    if (body === undefined) return;
    const payload = Buffer.concat(body).toString();
    if (request.url !== '/invocations') {
      response.writeHead(request.url === '/ping' ? 200 : 404).end('{}');
      return;
    }
    const { status = 200, body: answer } = pipeline(payload);
    if (status === 200) {
      response.end(answer);
      return;
    }
    // Its second stage has a name that is the router's own.
    response.writeHead(424, { 'server-timing': 'first;dur=1, router;dur=1, router;dur=1' });
    response.end(JSON.stringify({ OriginalStatusCode: status, OriginalMessage: answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
