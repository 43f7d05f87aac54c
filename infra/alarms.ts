import { capacityProviderOf } from '../src/fleet/placement.ts';
import { att, logicalPart, type Resource, type Resources, ref } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

const CAPACITY_MINUTES = 15;

/** What somebody should hear of; by e-mail when the configuration names one. */
export function alarms(config: StackConfig): Resources {
  const { alarms, stack } = config;
  const actions = alarms === undefined ? {} : { AlarmActions: [ref('AlarmTopic')] };
  const alarm = (AlarmDescription: string, properties: object): Resource => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      Period: 300,
      Statistic: 'Sum',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
      ...properties,
      ...actions,
    },
  });
  return {
    DeadLetterAlarm: alarm(
      'Messages that could not be worked on lie in the dead-letter queue: docs/deploy.md#when-an-alarm-rings',
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: att('DeadLetterQueue', 'QueueName') }],
        Statistic: 'Maximum',
      },
    ),
    // A reconciler that fails an endpoint says so in its log, and goes on with the others of its batch.
    ReconcileFailures: {
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        LogGroupName: ref('ReconcileLogGroup'),
        FilterPattern: '"reconcile-failed"',
        MetricTransformations: [
          {
            MetricNamespace: 'Headrace/Stack',
            MetricName: `${stack}-reconcile-failures`,
            MetricValue: '1',
            DefaultValue: 0,
          },
        ],
      },
    },
    ReconcileAlarm: alarm(
      'The reconciler fails again and again: endpoints do not follow what is wanted of them',
      {
        Namespace: 'Headrace/Stack',
        MetricName: `${stack}-reconcile-failures`,
        Threshold: 5,
      },
    ),
    ReconcileErrorsAlarm: alarm('The reconciler ends with errors', {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: ref('ReconcileLambdaFunction') }],
    }),
    SweepErrorsAlarm: alarm('The sweep fails: what a lost message left stays', {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: ref('SweepLambdaFunction') }],
      Threshold: 3,
    }),
    ...(config.signIn === 'keys' && {
      AuthorizerErrorsAlarm: alarm('Requests are not let in, whoever signed them', {
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [{ Name: 'FunctionName', Value: ref('AuthorizerLambdaFunction') }],
        Threshold: 3,
      }),
    }),
    ...Object.fromEntries(
      Object.keys(config.instanceTypes).map((type) => [
        `CapacityAlarm${logicalPart(type)}`,
        // ECS's own measure: hosts that tasks want, in per cent of those that there are.
        alarm(`Tasks have waited ${CAPACITY_MINUTES} minutes for hosts of type ${type}`, {
          Namespace: 'AWS/ECS/ManagedScaling',
          MetricName: 'CapacityProviderReservation',
          Dimensions: [
            { Name: 'ClusterName', Value: ref('Cluster') },
            { Name: 'CapacityProviderName', Value: capacityProviderOf(stack, type) },
          ],
          Statistic: 'Minimum',
          Threshold: 100,
          Period: 60,
          EvaluationPeriods: CAPACITY_MINUTES,
        }),
      ]),
    ),
    ...(alarms !== undefined && {
      AlarmTopic: {
        Type: 'AWS::SNS::Topic',
        Properties: { Subscription: [{ Protocol: 'email', Endpoint: alarms.email }] },
      },
    }),
  };
}
