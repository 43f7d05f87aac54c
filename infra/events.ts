import { att, type Resources, ref } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

/** An event that finds its function or queue gone, or throttled, is tried for an hour, and then kept. */
const KEPT = {
  RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 3600 },
  DeadLetterConfig: { Arn: att('DeadLetterQueue', 'Arn') },
};

/** What wakes the functions: ECS, objects that land in S3, and the clock. */
export function events({ buckets }: StackConfig): Resources {
  const toQueue = [{ Id: 'queue', Arn: att('ReconcileQueue', 'Arn'), ...KEPT }];
  return {
    TaskRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Tasks of the cluster that come, go, or turn healthy',
        EventPattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Task State Change'],
          detail: { clusterArn: [att('Cluster', 'Arn')] },
        },
        Targets: toQueue,
      },
    },
    ServiceRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Services of the cluster that are steady, or cannot be',
        EventPattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Service Action'],
          detail: { clusterArn: [att('Cluster', 'Arn')] },
        },
        Targets: toQueue,
      },
    },
    ObjectRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Objects that may start a transform job',
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: { bucket: { name: [ref('DataBucket'), ...buckets] } },
        },
        Targets: [{ Id: 'function', Arn: att('S3TriggerLambdaFunction', 'Arn'), ...KEPT }],
      },
    },
    SweepRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Finds what a lost message left',
        ScheduleExpression: 'rate(1 minute)',
        // The next one follows: a sweep that is late is none to keep.
        Targets: [
          {
            Id: 'function',
            Arn: att('SweepLambdaFunction', 'Arn'),
            RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
          },
        ],
      },
    },
    // Whom EventBridge calls answers later: an object whose function fails thrice is kept, a sweep is not.
    S3TriggerFailures: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref('S3TriggerLambdaFunction'),
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        DestinationConfig: { OnFailure: { Destination: att('DeadLetterQueue', 'Arn') } },
      },
    },
    SweepFailures: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref('SweepLambdaFunction'),
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
      },
    },
    ObjectRuleMayCall: permission('S3TriggerLambdaFunction', 'ObjectRule'),
    SweepRuleMayCall: permission('SweepLambdaFunction', 'SweepRule'),
  };
}

function permission(lambda: string, rule: string) {
  return {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: att(lambda, 'Arn'),
      Principal: 'events.amazonaws.com',
      SourceArn: att(rule, 'Arn'),
    },
  };
}
