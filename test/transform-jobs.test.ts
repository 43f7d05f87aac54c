import { gzipSync } from 'node:zlib';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  CreateModelCommand,
  CreateTransformJobCommand,
  ListTagsCommand,
  paginateListTransformJobs,
  StopTransformJobCommand,
} from '@aws-sdk/client-sagemaker';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, withoutAwsSettings } from './support/command.ts';
import { cloudwatchOf, statistics } from './support/metrics.ts';
import { ownStack } from './support/own-stack.ts';
import { processesWith } from './support/processes.ts';
import { describeWith } from './support/required-client.ts';
import { stage } from './support/stage.ts';
import { BUCKET, ended, jobOf, objectsBelow, putObject, runJob } from './support/transform-jobs.ts';
import { until } from './support/until.ts';

const { home, stack, clients } = await ownStack();

beforeAll(async () => {
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const models = {
    echo: [stage(home.image), stage(home.image)],
    picky: [stage(home.image), stage(home.image, { REFUSES: 'bad' })],
    slow: [stage(home.image, { SLEEP_MS: '400' })],
    broken: [stage(home.image), stage(home.image, { EXIT_CODE: '3', EXIT_AFTER_MS: '50' })],
    report: [stage(home.image), stage(home.image, { ANSWER: 'report', OWN: 'model' })],
  };
  for (const [ModelName, Containers] of Object.entries(models)) {
    await clients.sagemaker.send(new CreateModelCommand({ ModelName, Containers }));
  }
});

/** The REST view. */
async function rest(method: string, path: string, members?: object) {
  const answer = await fetch(`${stack.gateway}${path}`, {
    method,
    ...(members !== undefined && { body: JSON.stringify(members) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

function metric(TransformJobName: string, name: string) {
  return statistics(cloudwatchOf(stack), 'Headrace/TransformJobs', name, { TransformJobName });
}

describe('a transform job', () => {
  it('transforms every object below the prefix, over several tasks, joined to its input', async () => {
    const { s3, sagemaker } = clients;
    const keys = ['a.csv', 'b.csv', 'sub/c.csv', 'sub/d.csv'];
    for (const key of keys) await putObject(s3, `in/join/${key}`, `${key},1\r\n${key},2`);

    const job = await runJob(
      sagemaker,
      jobOf('join', 'echo', {
        count: 2,
        DataProcessing: { JoinSource: 'Input', InputFilter: '$[1]' },
      }),
    );

    expect(job).toMatchObject({
      TransformJobStatus: 'Completed',
      TransformInput: { CompressionType: 'None', SplitType: 'Line' },
      TransformOutput: { KmsKeyId: '', AssembleWith: 'Line' },
      DataProcessing: { InputFilter: '$[1]', OutputFilter: '$', JoinSource: 'Input' },
    });
    expect(job.MaxPayloadInMB).toBeUndefined();
    expect(job.TransformStartTime?.getTime()).toBeLessThanOrEqual(
      job.TransformEndTime?.getTime() ?? 0,
    );
    const expected = keys.map((key) => [`out/join/${key}.out`, `${key},1,1\n${key},2,2\n`]);
    expect(await objectsBelow(s3, 'out/join')).toEqual(Object.fromEntries(expected));
    expect((await rest('GET', '/transform-jobs/join')).body.Progress).toMatchObject({
      ObjectsDone: 4,
      ObjectsTotal: 4,
      ObjectsFailed: 0,
      RecordsDone: 8,
    });
    expect(await metric('join', 'ObjectsDone')).toMatchObject({ Sum: 4, Unit: 'Count' });
    expect(await metric('join', 'RecordsDone')).toMatchObject({ Sum: 8, SampleCount: 2 });
    expect(await metric('join', 'ObjectsFailed')).toMatchObject({ Sum: 0 });
    expect(await metric('join', 'RecordsPerSecond')).toMatchObject({ Unit: 'Count/Second' });
    const logged = await objectLog('join');
    expect(logged).toContain(
      'MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD',
    );
  });

  it('reads gzip and a manifest, and tells every stage that it is batch', async () => {
    const { s3, sagemaker } = clients;
    await putObject(s3, 'in/zip/x.csv.gz', gzipSync('1\n2\n'));
    await putObject(s3, 'lists/zip.manifest', '[{"prefix":"s3://data/in/zip/"},"x.csv.gz"]');
    const S3DataSource = {
      S3DataType: 'ManifestFile',
      S3Uri: 's3://data/lists/zip.manifest',
    } as const;

    const job = await runJob(
      sagemaker,
      jobOf('zip', 'report', {
        TransformInput: { DataSource: { S3DataSource }, CompressionType: 'Gzip' },
        TransformOutput: { AssembleWith: 'None', Accept: 'application/x' },
        BatchStrategy: 'SingleRecord',
        MaxPayloadInMB: 2,
        Environment: { OWN: 'job' },
      }),
    );

    expect(job.TransformJobStatus).toBe('Completed');
    const [text = ''] = Object.values(await objectsBelow(s3, 'out/zip/x.csv.gz.out'));
    const [one, two] = text
      .split('}{')
      .map((part) => part.replace(/^\{?/, '{').replace(/\}?$/, '}'));
    expect(JSON.parse(one ?? '')).toMatchObject({
      body: '1',
      headers: { accept: 'application/x', 'content-type': 'text/csv' },
      environment: {
        OWN: 'job',
        SAGEMAKER_BATCH: 'true',
        SAGEMAKER_MAX_PAYLOAD_IN_MB: '2',
        SAGEMAKER_BATCH_STRATEGY: 'SINGLE_RECORD',
      },
    });
    expect(JSON.parse(one ?? '').environment).not.toHaveProperty(
      'SAGEMAKER_MAX_CONCURRENT_TRANSFORMS',
    );
    expect(JSON.parse(two ?? '').body).toBe('2');
  });

  it('streams an object whole, by the rules of the chain', async () => {
    await putObject(clients.s3, 'in/whole/x.csv', '1\n2\n');

    const job = await runJob(
      clients.sagemaker,
      jobOf('whole', 'report', {
        MaxPayloadInMB: 0,
        TransformOutput: { AssembleWith: 'None', Accept: 'application/x' },
      }),
    );

    expect(job).toMatchObject({ TransformJobStatus: 'Completed', MaxPayloadInMB: 0 });
    const [text = '{}'] = Object.values(await objectsBelow(clients.s3, 'out/whole/x.csv.out'));
    const { headers, body, environment } = JSON.parse(text);
    expect(body).toBe('1\n2\n');
    expect(headers).toMatchObject({
      accept: 'application/x',
      'content-type': 'text/csv',
      'transfer-encoding': 'chunked',
    });
    expect(environment.SAGEMAKER_MAX_PAYLOAD_IN_MB).toBe('0');
    expect(await objectLog('whole')).toContain('MaxPayloadInMB=0, BatchStrategy=MULTI_RECORD');
  });

  it('names the record that fails, and does the other objects', async () => {
    const { s3, sagemaker } = clients;
    await putObject(s3, 'in/bad/1.csv', 'one\ntwo\nbad one\nfour\n');
    await putObject(s3, 'in/bad/2.csv', 'good\n');

    const job = await runJob(sagemaker, jobOf('bad', 'picky'));

    expect(job.TransformJobStatus).toBe('Failed');
    expect(job.FailureReason).toBe(
      'AlgorithmError: 1 object could not be transformed; the others are done. s3://data/in/bad/1.csv: ' +
        'record 3 (bytes 8 to 15): stage container-2 answered 400: "cannot read "bad one\n""',
    );
    expect(await metric('bad', 'ObjectsFailed')).toMatchObject({ Sum: 1 });
    expect(await objectsBelow(s3, 'out/bad')).toEqual({ 'out/bad/2.csv.out': 'good\n' });
    expect(await objectLog('bad')).toContain(
      'data/in/bad/1.csv: Bad HTTP status received from algorithm: 400',
    );
  });

  it('goes on beside a failed record when it is asked to', async () => {
    await putObject(clients.s3, 'in/continue/1.csv', 'one\nbad\nthree\n');

    const asked = { ...jobOf('continue', 'picky'), OnRecordError: 'Continue' };
    const { status } = await rest('POST', '/transform-jobs', asked);
    const job = await ended(clients.sagemaker, 'continue');

    expect(status).toBe(200);
    expect(job.TransformJobStatus).toBe('Completed');
    const [text = ''] = Object.values(await objectsBelow(clients.s3, 'out/continue'));
    const [first, second = '', third] = text.split('\n');
    expect([first, third]).toEqual(['one', 'three']);
    expect(JSON.parse(second)).toEqual({
      error: {
        record: 2,
        bytes: [4, 7],
        stage: 'container-2',
        status: 400,
        message: 'stage container-2 answered 400: "cannot read "bad\n""',
      },
    });
    expect((await rest('GET', '/transform-jobs/continue')).body).toMatchObject({
      OnRecordError: 'Continue',
      Progress: { RecordsDone: 3, RecordsFailed: 1 },
    });
    expect(await metric('continue', 'RecordsFailed')).toMatchObject({ Sum: 1 });
  });

  it('goes on where a killed worker was', async () => {
    const { s3, sagemaker } = clients;
    for (const key of ['1', '2', '3', '4']) await putObject(s3, `in/killed/${key}.csv`, `${key}\n`);
    await sagemaker.send(
      new CreateTransformJobCommand(jobOf('killed', 'slow', { BatchStrategy: 'SingleRecord' })),
    );
    await until('an output', async () => {
      const outputs = await objectsBelow(s3, 'out/killed');
      return Object.keys(outputs).length > 0 ? true : undefined;
    });

    for (const pid of processesWith('/router/serve batch')) process.kill(pid, 'SIGKILL');
    const job = await ended(sagemaker, 'killed');

    expect(job.TransformJobStatus).toBe('Completed');
    expect(Object.values(await objectsBelow(s3, 'out/killed'))).toEqual([
      '1\n',
      '2\n',
      '3\n',
      '4\n',
    ]);
  });

  it('fails, and says why, when a stage will not run', async () => {
    await putObject(clients.s3, 'in/broken/1.csv', '1\n');

    const job = await runJob(clients.sagemaker, jobOf('broken', 'broken'));

    expect(job.TransformJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: container-2: exited with code 3 .* Log group \/headrace\/TransformJobs, stream broken\/container-2\//,
    );
  });

  it('fails when there is no input', async () => {
    const job = await runJob(clients.sagemaker, jobOf('none', 'echo'));

    expect(job).toMatchObject({
      TransformJobStatus: 'Failed',
      FailureReason: expect.stringMatching(
        /^ClientError: No S3 objects found under S3 URL "s3:\/\/data\/in\/none\/"/,
      ),
    });
  });

  it('stops when it is told to, and leaves no output of what was not finished', async () => {
    const { s3, sagemaker } = clients;
    await putObject(s3, 'in/stop/1.csv', '1\n'.repeat(1000));
    const job = jobOf('stop', 'slow', { BatchStrategy: 'SingleRecord' });
    await sagemaker.send(new CreateTransformJobCommand(job));
    await until('a record done', async () =>
      (await rest('GET', '/transform-jobs/stop')).body.Progress.RecordsDone > 0 ? true : undefined,
    );

    await sagemaker.send(new StopTransformJobCommand({ TransformJobName: 'stop' }));
    const stopped = await ended(sagemaker, 'stop');

    expect(stopped.TransformJobStatus).toBe('Stopped');
    expect(await objectsBelow(s3, 'out/stop')).toEqual({});
    const again = sagemaker.send(new StopTransformJobCommand({ TransformJobName: 'stop' }));
    await expect(again).rejects.toThrow(
      'The request was rejected because the transform job is in status Stopped.',
    );
  });

  it('is refused when its name is taken, for ever, or its model is not there', async () => {
    const { sagemaker } = clients;
    const arn = 'arn:aws:sagemaker:us-east-1:000000000000';

    const create = (job: ReturnType<typeof jobOf>) =>
      sagemaker.send(new CreateTransformJobCommand(job));

    await expect(create(jobOf('join', 'echo'))).rejects.toMatchObject({
      name: 'ResourceInUse',
      message: `Job name must be unique within an AWS account and region, and a job with this name already exists (${arn}:transform-job/join)`,
    });
    await expect(create(jobOf('new', 'gone'))).rejects.toThrow(
      `Could not find model "${arn}:model/gone".`,
    );
    await expect(
      create(jobOf('new', 'echo', { MaxConcurrentTransforms: 40, MaxPayloadInMB: 6 })),
    ).rejects.toThrow(
      'MaxConcurrentTransforms times MaxPayloadInMB must be less than or equal to 100',
    );
  });

  it('is listed, and carries tags', async () => {
    const { sagemaker } = clients;
    const names: string[] = [];
    const pages = paginateListTransformJobs(
      { client: sagemaker, pageSize: 2 },
      { StatusEquals: 'Failed' },
    );

    for await (const { TransformJobSummaries = [] } of pages) {
      for (const job of TransformJobSummaries) {
        names.push(job.TransformJobName ?? '');
        expect(job).toMatchObject({
          FailureReason: expect.any(String),
          TransformEndTime: expect.any(Date),
        });
      }
    }
    const { Tags } = await sagemaker.send(
      new ListTagsCommand({
        ResourceArn: 'arn:aws:sagemaker:us-east-1:000000000000:transform-job/join',
      }),
    );

    expect(names.sort()).toEqual(['bad', 'broken', 'none']);
    expect(Tags).toEqual([]);
  });
});

describe('a trigger', () => {
  const template = {
    ModelName: 'echo',
    TransformInput: { ContentType: 'text/csv', SplitType: 'Line' },
    TransformOutput: { S3OutputPath: 's3://data/predictions/', AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.c5.large', InstanceCount: 1 },
  };
  const trigger = { Bucket: BUCKET, Prefix: 'drop/', Suffix: '.csv', TransformJob: template };

  it('makes a job of every object that lands and matches, and of nothing else', async () => {
    const { s3 } = clients;
    const made = await rest('PUT', '/transform-triggers/drop', trigger);

    await putObject(s3, 'drop/a b/1.csv', 'x\n');
    await putObject(s3, 'drop/2.txt', 'y\n');
    await putObject(s3, 'elsewhere/3.csv', 'z\n');
    const outputs = await until('an output', async () => {
      const found = await objectsBelow(s3, 'predictions/');
      return Object.keys(found).length > 0 ? found : undefined;
    });

    expect(made.status).toBe(200);
    expect(outputs).toEqual({ 'predictions/a b/1.csv.out': 'x\n' });
    const listed = await rest('GET', '/transform-jobs?NameContains=drop-');
    expect(listed.body.TransformJobSummaries).toHaveLength(1);
  });

  it('can be read, listed and deleted', async () => {
    const read = await rest('GET', '/transform-triggers/drop');
    const listed = await rest('GET', '/transform-triggers');
    const deleted = await rest('DELETE', '/transform-triggers/drop');
    const gone = await rest('GET', '/transform-triggers/drop');

    expect(read.body).toMatchObject({ TransformTriggerName: 'drop', ...trigger });
    expect(listed.body.TransformTriggers).toMatchObject([{ TransformTriggerName: 'drop' }]);
    expect(deleted.status).toBe(200);
    expect(gone.body.message).toBe('Could not find transform trigger "drop".');
  });

  it('is refused when it would feed on its own outputs', async () => {
    const output = { ...template.TransformOutput, S3OutputPath: 's3://data/drop/out' };
    const own = { ...trigger, Suffix: '', TransformJob: { ...template, TransformOutput: output } };

    const { status, body } = await rest('PUT', '/transform-triggers/loop', own);

    expect(status).toBe(400);
    expect(body.message).toMatch(
      /^The outputs of this trigger, s3:\/\/data\/drop\/out….out, are objects/,
    );
  });
});

await describeWith('boto3', ['python3', '-c', 'import boto3'], () => {
  it('waits for a job with its own waiter', async () => {
    await putObject(clients.s3, 'in/boto/1.csv', '1\n');
    const script = `
import boto3, json, sys
sagemaker = boto3.client("sagemaker", endpoint_url=sys.argv[1])
job = json.loads(sys.argv[2])
sagemaker.create_transform_job(**job)
name = job["TransformJobName"]
waiter = sagemaker.get_waiter("transform_job_completed_or_stopped")
waiter.wait(TransformJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
print(sagemaker.describe_transform_job(TransformJobName=name)["TransformJobStatus"])
pages = sagemaker.get_paginator("list_transform_jobs").paginate(NameContains=name)
print([job["TransformJobName"] for page in pages for job in page["TransformJobSummaries"]])
`;
    const job = JSON.stringify(jobOf('boto', 'echo'));

    const ran = await run('python3', ['-c', script, stack.gateway, job], withoutAwsSettings());

    expect(ran).toEqual({ code: 0, stdout: "Completed\n['boto']\n", stderr: '' });
  }, 60_000);
});

await describeWith('AWS CLI', ['aws', '--version'], () => {
  it('creates, waits for and describes a job', async () => {
    await putObject(clients.s3, 'in/cli/1.csv', '1\n');
    const aws = (...line: string[]) =>
      run('aws', ['--endpoint-url', stack.gateway, 'sagemaker', ...line], withoutAwsSettings());
    const name = ['--transform-job-name', 'cli'];

    const created = await aws(
      'create-transform-job',
      '--cli-input-json',
      JSON.stringify(jobOf('cli', 'echo')),
    );
    // Its waiter polls once a minute, so it is asked for what is so already.
    await ended(clients.sagemaker, 'cli');
    const waited = await aws('wait', 'transform-job-completed-or-stopped', ...name);
    const described = await aws('describe-transform-job', ...name, '--query', 'TransformJobStatus');

    expect([created.code, waited.code]).toEqual([0, 0]);
    expect(described.stdout.trim()).toBe('"Completed"');
  }, 60_000);
});

/** What the batch workers of a job said, all attempts together. */
async function objectLog(job: string): Promise<string> {
  const { events = [] } = await clients.logs.send(
    new FilterLogEventsCommand({
      logGroupName: '/headrace/TransformJobs',
      logStreamNamePrefix: `${job}/headrace_batch/`,
    }),
  );
  return events.map(({ message }) => message).join('\n');
}
