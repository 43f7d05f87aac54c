import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Update } from './endpoint-record.ts';
import type { AlarmStates } from './plan-result.ts';
import { alarmsOf } from './plan-update.ts';

/** The states of the alarms that the update names, composite ones among them. */
export async function observeAlarms(
  cloudwatch: CloudWatchClient,
  update: Update | undefined,
): Promise<AlarmStates | undefined> {
  const names = update === undefined ? [] : alarmsOf(update);
  if (names.length === 0) return undefined;
  const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
  );
  const found = [...MetricAlarms, ...CompositeAlarms];
  return Object.fromEntries(
    names.map((name) => {
      const alarm = found.find(({ AlarmName }) => AlarmName === name);
      return [name, alarm === undefined ? 'missing' : (alarm.StateValue ?? 'INSUFFICIENT_DATA')];
    }),
  );
}
