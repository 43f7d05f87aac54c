/** Whatever SageMaker's own SDK can send is known here: it is used, or refused by name with a way out. */
import {
  AddTagsInput$,
  ContainerDefinition$,
  CreateEndpointConfigInput$,
  CreateEndpointInput$,
  CreateModelInput$,
  DeleteEndpointConfigInput$,
  DeleteEndpointInput$,
  DeleteModelInput$,
  DeleteTagsInput$,
  DescribeEndpointConfigInput$,
  DescribeEndpointInput$,
  DescribeModelInput$,
  InferenceExecutionConfig$,
  ListEndpointConfigsInput$,
  ListEndpointsInput$,
  ListModelsInput$,
  ListTagsInput$,
  ModelDataSource$,
  ProductionVariant$,
  ProductionVariantRoutingConfig$,
  S3ModelDataSource$,
  Tag$,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

/** A value that no member takes, for none is a structure with just this in it. */
const WRONG = { NoSuchMember: 1 };

type Members = Record<string, unknown>;
const inContainer = (members: Members) => ({ PrimaryContainer: members });
const inVariant = (members: Members) => ({ ProductionVariants: [members] });

it.each([
  ['CreateModel', CreateModelInput$, (members: Members) => members],
  ['CreateModel', ContainerDefinition$, inContainer],
  ['CreateModel', ModelDataSource$, (members: Members) => inContainer({ ModelDataSource: members })],
  [
    'CreateModel',
    S3ModelDataSource$,
    (members: Members) => inContainer({ ModelDataSource: { S3DataSource: members } }),
  ],
  [
    'CreateModel',
    InferenceExecutionConfig$,
    (members: Members) => ({ InferenceExecutionConfig: members }),
  ],
  ['CreateModel', Tag$, (members: Members) => ({ Tags: [members] })],
  ['CreateEndpointConfig', CreateEndpointConfigInput$, (members: Members) => members],
  ['CreateEndpointConfig', ProductionVariant$, inVariant],
  [
    'CreateEndpointConfig',
    ProductionVariantRoutingConfig$,
    (members: Members) => inVariant({ RoutingConfig: members }),
  ],
  ['CreateEndpoint', CreateEndpointInput$, (members: Members) => members],
  ['DescribeModel', DescribeModelInput$, (members: Members) => members],
  ['DescribeEndpointConfig', DescribeEndpointConfigInput$, (members: Members) => members],
  ['DescribeEndpoint', DescribeEndpointInput$, (members: Members) => members],
  ['DeleteModel', DeleteModelInput$, (members: Members) => members],
  ['DeleteEndpointConfig', DeleteEndpointConfigInput$, (members: Members) => members],
  ['DeleteEndpoint', DeleteEndpointInput$, (members: Members) => members],
  ['ListModels', ListModelsInput$, (members: Members) => members],
  ['ListEndpointConfigs', ListEndpointConfigsInput$, (members: Members) => members],
  ['ListEndpoints', ListEndpointsInput$, (members: Members) => members],
  ['AddTags', AddTagsInput$, (members: Members) => members],
  ['ListTags', ListTagsInput$, (members: Members) => members],
  ['DeleteTags', DeleteTagsInput$, (members: Members) => members],
] as const)('%s knows every member of %o', async (operation, [, , , , names], place) => {
  for (const name of names) {
    const { body } = await api.call(operation, place({ [name]: WRONG }));

    const about = violations(String(body.message)).filter(({ at }) => at.endsWith(camel(name)));
    expect(about, `${name}: ${body.message}`).not.toEqual([]);
    for (const { constraint } of about) {
      expect(constraint, name).not.toContain('not part of the SageMaker API');
      if (constraint.includes('Headrace')) expect(constraint).toMatch(/by Headrace: \w.{10,}/);
    }
  }
});

/** What is said about each member, and of the members in it only when it is a structure. */
function violations(message: string): { at: string; constraint: string }[] {
  return message
    .replace(/^\d+ validation errors? detected: /, '')
    .split('; Value ')
    .flatMap((one) => {
      const [, at, constraint] = / at '(.*)' failed to satisfy constraint: (.*)$/s.exec(one) ?? [];
      if (at === undefined || constraint === undefined) return [];
      return [{ at: at.replace(/\.(noSuchMember|.*\.noSuchMember)$/, ''), constraint }].filter(
        () => !at.endsWith('noSuchMember'),
      );
    })
    .concat(structures(message));
}

/** A structure that is known complains of what is in it. */
function structures(message: string): { at: string; constraint: string }[] {
  return [...message.matchAll(/at '([^']*)\.noSuchMember'/g)].map(([, at = '']) => ({
    at,
    constraint: 'is a structure',
  }));
}

function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
