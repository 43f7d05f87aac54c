import {
  AddTagsCommand,
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DeleteTagsCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListTagsCommand,
  paginateListEndpointConfigs,
  paginateListEndpoints,
  paginateListModels,
  SageMakerClient,
  waitUntilEndpointDeleted,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  ModelError,
  SageMakerRuntimeClient,
  ValidationError,
} from '@aws-sdk/client-sagemaker-runtime';
import { beforeAll, expect, test } from 'vitest';
import { timedInvoke } from '../examples/demo/timed-invoke.ts';
import { ownStack } from './support/own-stack.ts';
import {
  createEndpoint,
  createPipeline,
  inService,
  invoke,
  invokeForReport,
  variantOf,
} from './support/pipelines.ts';
import { type StageReport, stage } from './support/stage.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:000000000000';
const WAITING = { maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

const { home, stack, clients } = await ownStack();

beforeAll(async () => {
  const { image } = home;
  const { sagemaker } = clients;

  // `mirror` tells what each of its two stages was sent.
  const typed = { CONTENT_TYPE: 'application/json; charset=utf-8; profile="a b"' };
  await createPipeline(sagemaker, 'mirror', [
    stage(image, { ANSWER: 'report', ...typed }),
    stage(image, { ANSWER: 'report', CONTENT_TYPE: 'application/json; last=1' }),
  ]);
  // `scales` shares its traffic 3 to 1 to 0; each variant says its name.
  for (const name of ['three', 'one', 'none']) {
    const PrimaryContainer = stage(image, { SUFFIX: ` by ${name}`, REFUSES: 'bad' });
    await sagemaker.send(new CreateModelCommand({ ModelName: name, PrimaryContainer }));
  }
  await createEndpoint(sagemaker, 'scales', [
    variantOf('three', { VariantName: 'three', InitialVariantWeight: 3 }),
    variantOf('one', { VariantName: 'one' }),
    variantOf('none', { VariantName: 'none', InitialVariantWeight: 0 }),
  ]);
  const hosts = ['left', 'right'].map((ContainerHostname) => ({
    ...stage(image, { SUFFIX: ` by ${ContainerHostname}`, ATTRIBUTES: `of-${ContainerHostname}` }),
    ContainerHostname,
  }));
  const direct = { InferenceExecutionConfig: { Mode: 'Direct' } } as const;
  await createPipeline(sagemaker, 'direct', hosts, direct);
  await Promise.all(['mirror', 'scales', 'direct'].map((name) => inService(sagemaker, name)));
});

function send(input: InvokeEndpointCommandInput) {
  return clients.runtime.send(new InvokeEndpointCommand(input));
}

async function refused(sent: Promise<unknown>): Promise<unknown> {
  return await sent.then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => error,
  );
}

/** The names that a paginator finds, page by page. */
async function pagesOf<T>(pages: AsyncIterable<T>, names: (page: T) => (string | undefined)[]) {
  const all: (string | undefined)[][] = [];
  for await (const page of pages) all.push(names(page));
  return all;
}

test('the whole life of a pipeline, with the waiters of the SDK', async () => {
  const { sagemaker, runtime } = clients;
  const name = 'Life-Cycle';
  const containers = [' one', ' two', ' three'].map((SUFFIX) => stage(home.image, { SUFFIX }));
  const model = { ModelName: name, Containers: containers };
  const config = { EndpointConfigName: name, ProductionVariants: [variantOf(name)] };
  const endpoint = { EndpointName: name, EndpointConfigName: name };
  const waiting = { client: sagemaker, ...WAITING };

  const { ModelArn } = await sagemaker.send(new CreateModelCommand(model));
  const { EndpointConfigArn } = await sagemaker.send(new CreateEndpointConfigCommand(config));
  const { EndpointArn } = await sagemaker.send(new CreateEndpointCommand(endpoint));
  const creating = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
  await waitUntilEndpointInService(waiting, { EndpointName: name });
  const serving = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
  const describedModel = await sagemaker.send(new DescribeModelCommand({ ModelName: name }));
  const describedConfig = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: name }),
  );
  const answer = await invoke(runtime, name, 'zero');
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: name }));
  await waitUntilEndpointDeleted(waiting, { EndpointName: name });
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
  await sagemaker.send(new DeleteModelCommand({ ModelName: name }));
  const missing = await Promise.all([
    refused(sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }))),
    refused(sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name }))),
    refused(sagemaker.send(new DescribeModelCommand({ ModelName: name }))),
  ]);

  expect(ModelArn?.toLowerCase()).toBe(`${ARN}:model/life-cycle`);
  expect(EndpointConfigArn?.toLowerCase()).toBe(`${ARN}:endpoint-config/life-cycle`);
  expect(EndpointArn?.toLowerCase()).toBe(`${ARN}:endpoint/life-cycle`);
  expect(creating).toMatchObject({
    EndpointName: name,
    EndpointStatus: 'Creating',
    PendingDeploymentSummary: { EndpointConfigName: name },
  });
  expect(serving).toMatchObject({
    EndpointArn,
    EndpointConfigName: name,
    EndpointStatus: 'InService',
    CreationTime: expect.any(Date),
    LastModifiedTime: expect.any(Date),
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        CurrentInstanceCount: 1,
        DesiredInstanceCount: 1,
        CurrentWeight: 1,
        DeployedImages: containers.map(({ Image }) => ({ SpecifiedImage: Image })),
      },
    ],
  });
  expect(serving.FailureReason).toBeUndefined();
  expect(serving.PendingDeploymentSummary).toBeUndefined();
  expect(describedModel).toMatchObject({ ...model, ModelArn, CreationTime: expect.any(Date) });
  expect(describedConfig).toMatchObject({
    EndpointConfigName: name,
    EndpointConfigArn,
    ProductionVariants: [{ ...variantOf(name), InitialVariantWeight: 1 }],
  });
  expect(answer).toBe('zero one two three');
  expect(missing.map(String)).toEqual([
    `ValidationException: Could not find endpoint "${EndpointArn}".`,
    `ValidationException: Could not find endpoint configuration "${EndpointConfigArn}".`,
    `ValidationException: Could not find model "${ModelArn}".`,
  ]);
});

test('a name that is taken is refused by its ARN', async () => {
  const { sagemaker } = clients;
  const container = stage(home.image);

  const errors = [
    await refused(
      sagemaker.send(new CreateModelCommand({ ModelName: 'one', PrimaryContainer: container })),
    ),
    await refused(
      sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: 'scales',
          ProductionVariants: [variantOf('one')],
        }),
      ),
    ),
    await refused(
      sagemaker.send(
        new CreateEndpointCommand({ EndpointName: 'scales', EndpointConfigName: 'scales' }),
      ),
    ),
  ];

  expect(errors.map(String)).toEqual([
    `ValidationException: Cannot create already existing model "${ARN}:model/one".`,
    `ValidationException: Cannot create already existing endpoint configuration "${ARN}:endpoint-config/scales".`,
    `ValidationException: Cannot create already existing endpoint "${ARN}:endpoint/scales".`,
  ]);
});

test('an endpoint URL with a path serves both planes', async () => {
  const connection = {
    endpoint: `${stack.gateway}/local`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const sagemaker = new SageMakerClient(connection);
  const runtime = new SageMakerRuntimeClient(connection);

  const { EndpointStatus } = await sagemaker.send(
    new DescribeEndpointCommand({ EndpointName: 'scales' }),
  );
  const answer = await invoke(runtime, 'scales', 'weighed');

  expect(EndpointStatus).toBe('InService');
  expect(answer).toMatch(/^weighed by (three|one)$/);
});

test('the paginators of the SDK walk every list', async () => {
  const { sagemaker } = clients;
  const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
  for (const ModelName of names) {
    await sagemaker.send(
      new CreateModelCommand({ ModelName, PrimaryContainer: stage(home.image) }),
    );
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: ModelName,
        ProductionVariants: [variantOf(ModelName)],
      }),
    );
  }
  const paging = { client: sagemaker, pageSize: 2 };

  const models = await pagesOf(
    paginateListModels(paging, { NameContains: 'page', SortBy: 'Name', SortOrder: 'Ascending' }),
    ({ Models }) => Models!.map(({ ModelName }) => ModelName),
  );
  const newestFirst = await pagesOf(
    paginateListEndpointConfigs(paging, { NameContains: 'page' }),
    ({ EndpointConfigs }) => EndpointConfigs!.map((one) => one.EndpointConfigName),
  );
  const endpoints = await pagesOf(
    paginateListEndpoints(paging, { StatusEquals: 'InService', SortBy: 'Name' }),
    ({ Endpoints }) => Endpoints!.map(({ EndpointName }) => EndpointName),
  );

  expect(models).toEqual([['page-1', 'page-2'], ['page-3', 'page-4'], ['page-5']]);
  expect(newestFirst.flat()).toEqual(names.toReversed());
  expect(endpoints.flat()).toEqual(expect.arrayContaining(['scales', 'mirror', 'direct']));
  expect(endpoints[0]).toHaveLength(2);
});

test('every header of InvokeEndpoint goes where it belongs, and comes back', async () => {
  const answer = await send({
    EndpointName: 'mirror',
    Body: 'a,b',
    ContentType: 'text/csv; header=present; charset="utf-8"',
    Accept: 'application/jsonlines;data=text',
    CustomAttributes: 'trace=1, of the caller',
    InferenceId: 'inference 7',
    TargetVariant: 'AllTraffic',
  });
  const last = JSON.parse(answer.Body.transformToString()) as StageReport;
  const first = JSON.parse(last.body) as StageReport;

  expect(answer.InvokedProductionVariant).toBe('AllTraffic');
  expect(answer.ContentType).toBe('application/json; last=1');
  expect(first.body).toBe('a,b');
  expect(first.headers).toMatchObject({
    'content-type': 'text/csv; header=present; charset="utf-8"',
    'x-amzn-sagemaker-custom-attributes': 'trace=1, of the caller',
  });
  expect(last.headers['content-type']).toBe('application/json; charset=utf-8; profile="a b"');
  expect(first.headers.accept ?? '*/*').toBe('*/*');
  expect(last.headers.accept).toBe('application/jsonlines;data=text');
  expect(last.headers).not.toHaveProperty('authorization');
  expect(last.headers).not.toHaveProperty('x-amzn-sagemaker-target-variant');
  // No stage set any.
  expect(answer.CustomAttributes).toBeUndefined();
  expect(answer.$metadata.requestId).toBeTruthy();
});

test('a body passes byte by byte, also an empty one and one of the longest', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
  const longest = Buffer.alloc(6_291_456 - ' by three'.length, 'x');
  const to = { EndpointName: 'direct', TargetContainerHostname: 'left' };

  const raw = await send({ ...to, Body: bytes, ContentType: 'application/octet-stream' });
  const empty = await send({ ...to, Body: new Uint8Array() });
  const long = await send({ EndpointName: 'scales', TargetVariant: 'three', Body: longest });

  const suffix = Buffer.from(' by left');
  expect(Buffer.from(raw.Body)).toEqual(Buffer.concat([bytes, suffix]));
  expect(Buffer.from(empty.Body)).toEqual(suffix);
  expect(long.Body.length).toBe(6_291_456);
});

test('a stage that refuses: ModelError names it, its status, its words, and the log', async () => {
  const error = await refused(send({ EndpointName: 'scales', Body: 'bad "input" ☂' }));

  expect(error).toBeInstanceOf(ModelError);
  const { message, OriginalMessage, OriginalStatusCode, LogStreamArn, $metadata } =
    error as ModelError;
  expect($metadata.httpStatusCode).toBe(424);
  expect(OriginalStatusCode).toBe(400);
  expect(OriginalMessage).toBe('cannot read "bad "input" ☂"');
  expect(message).toContain(
    'Received client error (400) from primary with message "cannot read "bad "input" ☂"". See ',
  );
  expect(message).toContain('in account 000000000000 for more information.');
  expect(LogStreamArn).toMatch(/^arn:aws:logs:us-east-1:000000000000:log-group:.+\/scales$/);
});

test.each([
  [{ EndpointName: 'nowhere' }, 'Endpoint nowhere of account 000000000000 not found.'],
  [{ EndpointName: 'scales', TargetVariant: 'four' }, 'four'],
  [
    { EndpointName: 'scales', TargetModel: 'm' },
    'Endpoint scales is not a multi-model endpoint and does not support target model header.',
  ],
  [{ EndpointName: 'direct' }, 'TargetContainerHostname'],
  [{ EndpointName: 'direct', TargetContainerHostname: 'middle' }, 'left, right'],
  [{ EndpointName: 'mirror', TargetContainerHostname: 'left' }, 'TargetContainerHostname'],
])('%j is a ValidationError', async (input, text) => {
  const error = await refused(send({ ...input, Body: 'x' }));

  expect(error).toBeInstanceOf(ValidationError);
  expect((error as ValidationError).message).toContain(text);
  expect((error as ValidationError).$metadata.httpStatusCode).toBe(400);
});

test('a body over 6 MiB is refused with 413', async () => {
  const Body = Buffer.alloc(6_291_457);

  const error = await refused(send({ EndpointName: 'scales', Body }));

  expect(error).toMatchObject({
    message: 'HTTP content length exceeded 6291456 bytes.',
    $metadata: { httpStatusCode: 413 },
  });
});

test('Server-Timing tells the time of each stage in order, and of the router', async () => {
  const { timing } = await timedInvoke(clients.runtime, { EndpointName: 'mirror', Body: 'x' });

  expect(timing.map(({ name }) => name)).toEqual(['container-1', 'container-2', 'router']);
  expect(timing.every(({ ms }) => Number.isFinite(ms) && ms >= 0)).toBe(true);
});

test('variants share the traffic by weight, and answer for themselves', async () => {
  const asked = 400;
  const counts: Record<string, number> = {};
  const ask = async () => {
    const answer = await send({ EndpointName: 'scales', Body: 'x' });
    const variant = answer.InvokedProductionVariant!;
    expect(answer.Body.transformToString()).toBe(`x by ${variant}`);
    counts[variant] = (counts[variant] ?? 0) + 1;
  };

  for (let sent = 0; sent < asked; sent += 20) await Promise.all(Array.from({ length: 20 }, ask));

  // Five standard deviations of a binomial share of 3/4.
  const slack = 5 * Math.sqrt(asked * 0.75 * 0.25);
  expect(Math.abs(counts.three! - asked * 0.75)).toBeLessThan(slack);
  expect(counts.three! + counts.one!).toBe(asked);
});

test('TargetVariant reaches a variant of no weight', async () => {
  const answer = await send({ EndpointName: 'scales', TargetVariant: 'none', Body: 'x' });

  expect(answer.InvokedProductionVariant).toBe('none');
  expect(answer.Body.transformToString()).toBe('x by none');
});

test('Direct mode calls the one container that is named, with its attributes', async () => {
  const answers = await Promise.all(
    ['left', 'right'].map((TargetContainerHostname) =>
      send({ EndpointName: 'direct', TargetContainerHostname, Body: 'x' }),
    ),
  );

  expect(answers.map(({ Body }) => Body.transformToString())).toEqual(['x by left', 'x by right']);
  expect(answers.map(({ CustomAttributes }) => CustomAttributes)).toEqual(['of-left', 'of-right']);
});

test('deleting the model and the config of a running endpoint does not touch it', async () => {
  const { sagemaker, runtime } = clients;
  const before = await invokeForReport(runtime, 'mirror');

  await sagemaker.send(new DeleteModelCommand({ ModelName: 'mirror' }));
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'mirror' }));
  const described = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'mirror' }));
  const after = await invokeForReport(runtime, 'mirror');

  expect(described).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'mirror' });
  expect(after.pid).toBe(before.pid);
});

test.each(['model/one', 'endpoint-config/scales', 'endpoint/scales'])(
  'tags of %s are added, overwritten, listed and deleted',
  async (resource) => {
    const { sagemaker } = clients;
    const ResourceArn = `${ARN}:${resource}`;
    const tags = [
      { Key: 'team', Value: 'water' },
      { Key: 'stage', Value: 'test' },
    ];
    const byKey = async () => {
      const { Tags } = await sagemaker.send(new ListTagsCommand({ ResourceArn }));
      return Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]));
    };

    await sagemaker.send(new AddTagsCommand({ ResourceArn, Tags: tags }));
    const first = await byKey();
    await sagemaker.send(
      new AddTagsCommand({ ResourceArn, Tags: [{ Key: 'stage', Value: 'live' }] }),
    );
    const second = await byKey();
    await sagemaker.send(new DeleteTagsCommand({ ResourceArn, TagKeys: ['team', 'absent'] }));
    const third = await byKey();

    expect(first).toEqual({ team: 'water', stage: 'test' });
    expect(second).toEqual({ team: 'water', stage: 'live' });
    expect(third).toEqual({ stage: 'live' });
  },
);
