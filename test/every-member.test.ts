/** Whatever SageMaker's own SDK can send is known here: it is used, or refused by name with a way out. */
import {
  AddTagsInput$,
  ContainerDefinition$,
  CreateEndpointConfigInput$,
  CreateEndpointInput$,
  CreateModelInput$,
  DataCaptureConfig$,
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
  UpdateEndpointInput$,
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
const asInput = (members: Members) => members;
const inContainer = (members: Members) => ({ PrimaryContainer: members });
const inVariant = (members: Members) => ({ ProductionVariants: [members] });
const inSource = (members: Members) => inContainer({ ModelDataSource: members });

const SHAPES = [
  ['CreateModel', CreateModelInput$, asInput],
  ['CreateModel', ContainerDefinition$, inContainer],
  ['CreateModel', ModelDataSource$, inSource],
  ['CreateModel', S3ModelDataSource$, (members: Members) => inSource({ S3DataSource: members })],
  [
    'CreateModel',
    InferenceExecutionConfig$,
    (Mode: Members) => ({ InferenceExecutionConfig: Mode }),
  ],
  ['CreateModel', Tag$, (members: Members) => ({ Tags: [members] })],
  ['CreateEndpointConfig', CreateEndpointConfigInput$, asInput],
  ['CreateEndpointConfig', ProductionVariant$, inVariant],
  [
    'CreateEndpointConfig',
    DataCaptureConfig$,
    (members: Members) => ({ DataCaptureConfig: members }),
  ],
  [
    'CreateEndpointConfig',
    ProductionVariantRoutingConfig$,
    (members: Members) => inVariant({ RoutingConfig: members }),
  ],
  ['CreateEndpoint', CreateEndpointInput$, asInput],
  ['UpdateEndpoint', UpdateEndpointInput$, asInput],
  ['DescribeModel', DescribeModelInput$, asInput],
  ['DescribeEndpointConfig', DescribeEndpointConfigInput$, asInput],
  ['DescribeEndpoint', DescribeEndpointInput$, asInput],
  ['DeleteModel', DeleteModelInput$, asInput],
  ['DeleteEndpointConfig', DeleteEndpointConfigInput$, asInput],
  ['DeleteEndpoint', DeleteEndpointInput$, asInput],
  ['ListModels', ListModelsInput$, asInput],
  ['ListEndpointConfigs', ListEndpointConfigsInput$, asInput],
  ['ListEndpoints', ListEndpointsInput$, asInput],
  ['AddTags', AddTagsInput$, asInput],
  ['ListTags', ListTagsInput$, asInput],
  ['DeleteTags', DeleteTagsInput$, asInput],
] as const;

const MEMBERS = SHAPES.flatMap(([operation, [, , shape, , names], place]) =>
  names.map((member) => ({ operation, shape, member, place })),
);

it.each(MEMBERS)('$operation knows $member of $shape', async ({ operation, member, place }) => {
  const at = `(?:[^']*\\.)?${member.charAt(0).toLowerCase()}${member.slice(1)}`;

  const { body } = await api.call(operation, place({ [member]: WRONG }));

  // Of a structure that it takes, it complains of what is in it.
  expect(body.message).toMatch(new RegExp(`'${at}(\\.noSuchMember)?' failed to satisfy`));
  expect(body.message).not.toMatch(
    new RegExp(`'${at}' failed to satisfy constraint: Member is not part`),
  );
  expect(body.message).not.toMatch(/by Headrace(?!: \w.{10})/);
});
