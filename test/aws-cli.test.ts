import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, withoutAwsSettings } from './support/command.ts';
import { variantOf } from './support/pipelines.ts';
import { describeWith } from './support/required-client.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';

const NAME = 'cli-pipeline';
const ENDPOINT = ['--endpoint-name', NAME];

await describeWith('AWS CLI', ['aws', '--version'], () => {
  let home: Home;
  let stack: RunningStack;

  beforeAll(async () => {
    home = await makeHome();
    stack = await runStack(home);
  });

  afterAll(() => home?.remove());

  /** `aws <line…>` against `url`. @returns its output, read as JSON when there is one */
  async function aws(url: string, ...line: string[]): Promise<unknown> {
    const args = ['--endpoint-url', url, '--output', 'json', ...line];
    const { code, stdout, stderr } = await run('aws', args, withoutAwsSettings());
    if (code !== 0) throw new Error(stderr.trim());
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  const sagemaker = (...line: string[]) => aws(stack.gateway, 'sagemaker', ...line);

  test('the whole life of a pipeline, with waiters, ECS and logs', async () => {
    const containers = JSON.stringify([
      stage(home.image, { SUFFIX: ' one', REFUSES: 'bad' }),
      stage(home.image, { SUFFIX: ' two', SAY: 'two has started' }),
    ]);
    const record = join(home.folder, 'record.csv');
    const answer = join(home.folder, 'answer.csv');
    await writeFile(record, 'zero');
    const invoke = (body: string) =>
      aws(
        stack.gateway,
        ...['sagemaker-runtime', 'invoke-endpoint', ...ENDPOINT],
        ...['--content-type', 'text/csv', '--body', body, answer],
      );

    const model = await sagemaker('create-model', '--model-name', NAME, '--containers', containers);
    await sagemaker(
      ...['create-endpoint-config', '--endpoint-config-name', NAME],
      ...['--production-variants', JSON.stringify([variantOf(NAME)])],
    );
    await sagemaker('create-endpoint', ...ENDPOINT, '--endpoint-config-name', NAME);
    await sagemaker('wait', 'endpoint-in-service', ...ENDPOINT);
    const invoked = await invoke(`fileb://${record}`);
    const tasks = (await aws(stack.ecs, 'ecs', 'list-tasks', '--cluster', 'headrace')) as {
      taskArns: string[];
    };
    const task = tasks.taskArns[0]?.split('/').at(-1);
    const log = await aws(
      stack.ecs,
      ...['logs', 'get-log-events', '--log-group-name', `/headrace/Endpoints/${NAME}`],
      ...['--log-stream-name', `AllTraffic/container-2/${task}`],
    );
    await writeFile(record, 'bad');
    const refused = invoke(`fileb://${record}`);
    await expect(refused).rejects.toThrow(
      /An error occurred \(ModelError\) when calling the InvokeEndpoint operation: Received client error \(400\) from container-1/,
    );
    await sagemaker('delete-endpoint', ...ENDPOINT);
    await sagemaker('wait', 'endpoint-deleted', ...ENDPOINT);
    await sagemaker('delete-endpoint-config', '--endpoint-config-name', NAME);
    await sagemaker('delete-model', '--model-name', NAME);
    const models = await sagemaker('list-models');

    expect(model).toEqual({ ModelArn: `arn:aws:sagemaker:us-east-1:000000000000:model/${NAME}` });
    expect(invoked).toMatchObject({
      ContentType: 'text/csv',
      InvokedProductionVariant: 'AllTraffic',
    });
    expect(await readFile(answer, 'utf8')).toBe('zero one two');
    expect(tasks.taskArns).toHaveLength(1);
    expect(log).toMatchObject({ events: [{ message: 'two has started' }] });
    expect(models).toEqual({ Models: [] });
  }, 90_000);
});
