import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { logEvent } from '../aws/log.ts';
import type { Update } from './endpoint-record.ts';
import type { AlarmState, AlarmStates } from './plan-result.ts';
import { alarmsOf } from './plan-update.ts';

/** The states of the alarms that the update names, composite ones among them. */
export async function observeAlarms(
  cloudwatch: CloudWatchClient,
  endpoint: string,
  update: Update | undefined,
): Promise<AlarmStates | undefined> {
  const names = update === undefined || update.phase === 'rolling back' ? [] : alarmsOf(update);
  if (names.length === 0) return undefined;
  const state = await describe(cloudwatch, endpoint, names);
  return Object.fromEntries(names.map((name) => [name, state(name)]));
}

/** Alarms guard an update; that CloudWatch does not answer must not stop what keeps it serving. */
async function describe(
  cloudwatch: CloudWatchClient,
  endpoint: string,
  AlarmNames: string[],
): Promise<(name: string) => AlarmState> {
  try {
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    );
    const states = new Map(
      [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName, StateValue }) => [
        AlarmName,
        StateValue ?? 'INSUFFICIENT_DATA',
      ]),
    );
    return (name) => states.get(name) ?? 'missing';
  } catch (error) {
    logEvent('warn', { event: 'alarms-not-read', endpoint, error: String(error) });
    return () => 'unknown';
  }
}
