import { createHash } from 'node:crypto';
import { STREAM_TIMEOUT_SECONDS } from '../src/endpoint-configs/invocation-limits.ts';
import { att, logicalPart, type Resources, ref, sub } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

/** Longer than an answer may stream, and within the 15 minutes that API Gateway allows. */
export const INVOKE_TIMEOUT_SECONDS = STREAM_TIMEOUT_SECONDS + 10;
/** API Gateway waits no longer for an answer that it does not stream. */
export const API_TIMEOUT_SECONDS = 29;

type Target = 'Api' | 'Invoke';

/**
 * Which function answers which path. A resource that stands on the way to another hides `{proxy+}` from
 * the paths below it, so each has its own.
 */
const ROUTES: Record<string, Target> = {
  '': 'Api',
  '{proxy+}': 'Api',
  endpoints: 'Api',
  'endpoints/{endpoint}': 'Api',
  'endpoints/{endpoint}/{proxy+}': 'Api',
  'endpoints/{endpoint}/invocations': 'Invoke',
  'endpoints/{endpoint}/invocations-response-stream': 'Invoke',
  'endpoints/{endpoint}/async-invocations': 'Invoke',
};

/** The one door: a regional REST API, whose answers to invocations stream. */
export function api(config: StackConfig): Resources {
  const parts = {
    RestApi: {
      Type: 'AWS::ApiGateway::RestApi',
      Properties: {
        Name: config.stack,
        EndpointConfiguration: { Types: ['REGIONAL'] },
        // Bodies are bytes: what is not listed here would be read as UTF-8.
        BinaryMediaTypes: ['*/*'],
      },
    },
    ...gatewayResponses(),
    ...resources(),
    ...methods(config),
    ...(config.signIn === 'keys' && authorizer(config)),
  };
  // A deployment is a picture of the API: what changes the API must make a new one.
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10);
  const deployment = `Deployment${hash}`;
  return {
    ...parts,
    [deployment]: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: Object.keys(parts).filter((name) => name !== 'RestApi'),
      Properties: { RestApiId: ref('RestApi') },
    },
    ApiStage: {
      Type: 'AWS::ApiGateway::Stage',
      ...(config.accessLog && { DependsOn: ['ApiGatewayAccount'] }),
      Properties: {
        RestApiId: ref('RestApi'),
        DeploymentId: ref(deployment),
        StageName: config.stage,
        MethodSettings: [
          {
            HttpMethod: '*',
            ResourcePath: '/*',
            ThrottlingRateLimit: config.throttle.rate,
            ThrottlingBurstLimit: config.throttle.burst,
          },
        ],
        TracingEnabled: config.tracing === 'xray',
        ...(config.accessLog && {
          AccessLogSetting: { DestinationArn: att('AccessLog', 'Arn'), Format: ACCESS_LOG },
        }),
      },
    },
    ApiMayBeCalled: permission('Api'),
    InvokeMayBeCalled: permission('Invoke'),
    ...(config.signIn === 'keys' && { AuthorizerMayBeCalled: permission('Authorizer') }),
    ...(config.accessLog && accessLog(config)),
  };
}

function nameOf(path: string): string {
  return path === '' ? 'Root' : logicalPart(path);
}

function idOf(path: string) {
  return path === '' ? att('RestApi', 'RootResourceId') : ref(`Resource${nameOf(path)}`);
}

function resources(): Resources {
  const paths = Object.keys(ROUTES).filter((path) => path !== '');
  return Object.fromEntries(
    paths.map((path) => {
      const above = path.split('/').slice(0, -1).join('/');
      const PathPart = path.split('/').at(-1);
      return [
        `Resource${nameOf(path)}`,
        {
          Type: 'AWS::ApiGateway::Resource',
          Properties: { RestApiId: ref('RestApi'), ParentId: idOf(above), PathPart },
        },
      ];
    }),
  );
}

function methods({ signIn }: StackConfig): Resources {
  return Object.fromEntries(
    Object.entries(ROUTES).map(([path, target]) => [
      `Method${nameOf(path)}`,
      {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          RestApiId: ref('RestApi'),
          ResourceId: idOf(path),
          HttpMethod: 'ANY',
          ...authorization(signIn),
          Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', ...calling(target) },
        },
      },
    ]),
  );
}

function authorization(signIn: StackConfig['signIn']) {
  if (signIn === 'iam') return { AuthorizationType: 'AWS_IAM' };
  if (signIn === 'none') return { AuthorizationType: 'NONE' };
  return { AuthorizationType: 'CUSTOM', AuthorizerId: ref('Authorizer') };
}

/**
 * It sees the Authorization header, which a REST API drops on its way to a function when it holds a
 * signature. No two signatures are the same, so nothing of its answers is kept.
 */
function authorizer({ stack }: StackConfig): Resources {
  return {
    Authorizer: {
      Type: 'AWS::ApiGateway::Authorizer',
      Properties: {
        RestApiId: ref('RestApi'),
        Name: stack,
        Type: 'REQUEST',
        AuthorizerUri: lambdaUri('Authorizer', '2015-03-31', 'invocations'),
        AuthorizerResultTtlInSeconds: 0,
      },
    },
  };
}

/** A function whose answer streams is called by another action, of another version of Lambda's API. */
function calling(target: Target) {
  const streams = target === 'Invoke';
  const [version, action] = streams
    ? (['2021-11-15', 'response-streaming-invocations'] as const)
    : (['2015-03-31', 'invocations'] as const);
  return {
    Uri: lambdaUri(target, version, action),
    TimeoutInMillis: (streams ? INVOKE_TIMEOUT_SECONDS : API_TIMEOUT_SECONDS) * 1000,
    ...(streams && { ResponseTransferMode: 'STREAM' }),
  };
}

function lambdaUri(target: Target | 'Authorizer', version: string, action: string) {
  const path = `lambda:path/${version}/functions/\${${target}LambdaFunction.Arn}/${action}`;
  return sub(`arn:\${AWS::Partition}:apigateway:\${AWS::Region}:${path}`);
}

function permission(target: Target | 'Authorizer') {
  const path = 'execute-api:${AWS::Region}:${AWS::AccountId}:${RestApi}/*';
  return {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: att(`${target}LambdaFunction`, 'Arn'),
      Principal: 'apigateway.amazonaws.com',
      SourceArn: sub(`arn:\${AWS::Partition}:${path}`),
    },
  };
}

/** What API Gateway answers by itself, in the words that SDKs read. */
function gatewayResponses(): Resources {
  const response = (ResponseType: string, StatusCode: string, code: string, message: string) => ({
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      RestApiId: ref('RestApi'),
      ResponseType,
      StatusCode,
      ResponseParameters: { 'gatewayresponse.header.x-amzn-ErrorType': `'${code}'` },
      ResponseTemplates: {
        'application/json': JSON.stringify({ __type: code, message, Message: message }),
      },
    },
  });
  return {
    TooLargeResponse: response(
      'REQUEST_TOO_LARGE',
      '413',
      'ValidationError',
      'The body is larger than a Lambda function takes, about 4.5 MB. A caller inside the VPC may send it to a task itself: docs/deploy.md.',
    ),
    ThrottledResponse: response('THROTTLED', '429', 'ThrottlingException', 'Rate exceeded'),
    AuthorizerFailedResponse: response(
      'AUTHORIZER_CONFIGURATION_ERROR',
      '500',
      'InternalFailure',
      'The request failed for an internal reason.',
    ),
    TimeoutResponse: response(
      'INTEGRATION_TIMEOUT',
      '504',
      'ServiceUnavailable',
      'The function did not answer in time.',
    ),
  };
}

/** No query, no header: nothing of what callers send is in it. */
const ACCESS_LOG = JSON.stringify({
  time: '$context.requestTime',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  ofFunction: '$context.integrationLatency',
  bytes: '$context.responseLength',
  error: '$context.error.responseType',
});

/**
 * API Gateway writes logs with one role per account and region. It stays when the stack goes: other APIs
 * may log by it.
 */
function accessLog({ stack, logRetentionDays }: StackConfig): Resources {
  return {
    AccessLog: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/${stack}/AccessLog`, RetentionInDays: logRetentionDays },
    },
    ApiGatewayAccount: {
      Type: 'AWS::ApiGateway::Account',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { CloudWatchRoleArn: att('ApiGatewayLogRole', 'Arn') },
    },
  };
}
