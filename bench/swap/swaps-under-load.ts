import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateEndpointConfigCommand,
  CreateModelCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  type SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { clientsOf } from '../../test/support/clients.ts';
import { createEndpoint, inService, variantOf } from '../../test/support/pipelines.ts';
import { type Home, runStack } from '../../test/support/run-stack.ts';
import { stage } from '../../test/support/stage.ts';
import { until } from '../../test/support/until.ts';
import { type Sent, startLoad } from './open-loop.ts';

const NAME = 'swapped';

export interface SwapRun {
  swaps: number;
  requests: number;
  /** Requests without a complete 200, with the reason of each. */
  lost: string[];
  /** Requests that a stage saw more than once. */
  doubled: string[];
  /** Answers whose stages are not all of one generation, or not of a known one. */
  mixed: string[];
  /** UpdateEndpoint to InService on the new configuration, in ms. */
  updateMs: number[];
  /** From that InService to the last request that blue still got, in ms; below 0: none after it. */
  blueAfterMs: number[];
}

/**
 * `swaps` times UpdateEndpoint under open-loop load on a stack of its own. Each generation's two stages
 * put their name into the answer, and write down what they were given.
 */
export async function swapsUnderLoad(
  home: Home,
  { swaps, perSecond, policy }: { swaps: number; perSecond: number; policy?: DeploymentConfig },
  progress: (line: string) => void = () => undefined,
): Promise<SwapRun> {
  const stack = await runStack(home);
  const { sagemaker } = clientsOf(stack);
  const journal = join(home.folder, 'journal');
  try {
    await makeGeneration(sagemaker, home.image, 0, journal);
    await createEndpoint(sagemaker, NAME, [variantOf(generation(0))]);
    await inService(sagemaker, NAME);
    const load = startLoad(`${stack.gateway}/endpoints/${NAME}/invocations`, perSecond);

    const updateMs: number[] = [];
    const servedFrom: number[] = [];
    for (let swap = 1; swap <= swaps; swap++) {
      await makeGeneration(sagemaker, home.image, swap, journal);
      const asked = Date.now();
      await update(sagemaker, generation(swap), policy);
      servedFrom.push(Date.now());
      updateMs.push(Date.now() - asked);
      progress(`swap ${swap} of ${swaps}: ${Date.now() - asked} ms`);
    }
    const sent = await load.stop();
    const seen = (await readFile(journal, 'utf8')).trimEnd().split('\n');
    return { swaps, updateMs, ...judge(sent, seen, servedFrom) };
  } finally {
    await stack.end('SIGTERM');
  }
}

function generation(number: number): string {
  return `g${number}`;
}

async function makeGeneration(
  client: SageMakerClient,
  image: string,
  number: number,
  journal: string,
): Promise<void> {
  const ModelName = generation(number);
  const SUFFIX = ` ${ModelName}`;
  const Containers = [stage(image, { SUFFIX, JOURNAL: journal }), stage(image, { SUFFIX })];
  await client.send(new CreateModelCommand({ ModelName, Containers }));
  const config = { EndpointConfigName: ModelName, ProductionVariants: [variantOf(ModelName)] };
  await client.send(new CreateEndpointConfigCommand(config));
}

async function update(
  client: SageMakerClient,
  EndpointConfigName: string,
  policy?: DeploymentConfig,
) {
  const EndpointName = NAME;
  const DeploymentConfig = policy;
  await client.send(
    new UpdateEndpointCommand({ EndpointName, EndpointConfigName, DeploymentConfig }),
  );
  await until(`${EndpointConfigName} in service`, async () => {
    const found = await client.send(new DescribeEndpointCommand({ EndpointName }));
    if (found.FailureReason !== undefined) throw new Error(found.FailureReason);
    const isOver = found.EndpointStatus === 'InService';
    return isOver && found.EndpointConfigName === EndpointConfigName ? true : undefined;
  });
}

function judge(sent: Sent[], seen: string[], servedFrom: number[]) {
  const lost = sent.flatMap(({ failure }) => failure ?? []);
  const doubled = seen.filter((nonce, position) => seen.indexOf(nonce) !== position);
  const answered = sent.flatMap(({ nonce, sentAt, answer }) => {
    if (answer === undefined) return [];
    const [echo, ...by] = answer.split(' ');
    const isWhole = echo === nonce && by.length === 2 && by[0] === by[1];
    return [{ answer, sentAt, by: isWhole ? by[0] : undefined }];
  });
  const mixed = answered.filter(({ by }) => by === undefined).map(({ answer }) => answer);
  const blueAfterMs = servedFrom.map((since, swap) => {
    const byBlue = answered.filter(({ by }) => by === generation(swap));
    return Math.max(...byBlue.map(({ sentAt }) => sentAt)) - since;
  });
  return { requests: sent.length, lost, doubled, mixed, blueAfterMs };
}
