import { stackDashboard } from '../src/dashboards/stack-dashboard.ts';
import { type Resources, sub } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

/** Every endpoint, and what the stack runs on, on one page of CloudWatch. */
export function dashboard({ stack }: StackConfig): Resources {
  const body = stackDashboard({
    stack,
    region: '${AWS::Region}',
    queue: '${ReconcileQueue.QueueName}',
    deadLetterQueue: '${DeadLetterQueue.QueueName}',
  });
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: stack, DashboardBody: sub(JSON.stringify(body)) },
    },
  };
}
