import * as z from 'zod';
import { AwsError, paginate } from '../../logs/index.ts';
import { alarmAction } from '../action.ts';
import { type Alarm, STATES } from '../alarm.ts';
import { alarmName, alarmNames, unsupported } from '../inputs.ts';

const NO_COMPOSITES = 'it has no composite alarms';

/** Evaluates first, so that the answer is of this moment. */
export const describeAlarms = alarmAction(
  z.strictObject({
    AlarmNames: alarmNames.optional(),
    AlarmNamePrefix: alarmName.optional(),
    AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).default(['MetricAlarm']),
    StateValue: z.enum(STATES).optional(),
    ActionPrefix: unsupported('filter the answer yourself'),
    ChildrenOfAlarmName: unsupported(NO_COMPOSITES),
    ParentsOfAlarmName: unsupported(NO_COMPOSITES),
    MaxRecords: z.int().min(1).max(100).default(50),
    NextToken: z.string().optional(),
  }),
  (cloudwatch, { AlarmNames, AlarmNamePrefix = '', AlarmTypes, ...input }) => {
    if (AlarmNames !== undefined && AlarmNamePrefix !== '') {
      throw new AwsError(
        'ValidationException',
        'AlarmNamePrefix and AlarmNames cannot both be specified: leave one out.',
      );
    }
    cloudwatch.evaluate();
    const asked = AlarmTypes.includes('MetricAlarm') ? cloudwatch.alarms.all() : [];
    const matching = asked
      .filter((alarm) => AlarmNames?.includes(alarm.AlarmName) ?? true)
      .filter((alarm) => alarm.AlarmName.startsWith(AlarmNamePrefix))
      .filter((alarm) => alarm.StateValue === (input.StateValue ?? alarm.StateValue));
    const page = paginate(matching, {
      keyOf: (alarm) => alarm.AlarmName,
      limit: input.MaxRecords,
      nextToken: input.NextToken,
      invalidToken: 'InvalidNextToken',
    });
    return {
      MetricAlarms: page.items.map(alarmView),
      CompositeAlarms: [],
      NextToken: page.nextToken,
    };
  },
);

function alarmView(alarm: Alarm): object {
  const { configuredAt, stateUpdatedAt, stateTransitionedAt, setByHand: _, ...members } = alarm;
  return {
    ...members,
    AlarmConfigurationUpdatedTimestamp: new Date(configuredAt),
    StateUpdatedTimestamp: new Date(stateUpdatedAt),
    StateTransitionedTimestamp: new Date(stateTransitionedAt),
  };
}
