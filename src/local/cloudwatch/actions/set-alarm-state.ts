import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { alarmAction } from '../action.ts';
import { STATES } from '../alarm.ts';
import { alarmName } from '../inputs.ts';

/** The state holds until a value of the metric says otherwise. */
export const setAlarmState = alarmAction(
  z.strictObject({
    AlarmName: alarmName,
    StateValue: z.enum(STATES),
    StateReason: z.string().max(1023),
    StateReasonData: z.string().max(4000).optional(),
  }),
  ({ alarms, options }, { AlarmName, ...state }) => {
    const alarm = alarms.get(AlarmName);
    if (alarm === undefined) {
      throw new AwsError('ResourceNotFound', `There is no alarm ${AlarmName}.`, 404);
    }
    const now = options.clock.now();
    const changes = alarm.StateValue !== state.StateValue;
    alarms.put([
      {
        ...alarm,
        ...state,
        StateReasonData: state.StateReasonData,
        stateUpdatedAt: now,
        stateTransitionedAt: changes ? now : alarm.stateTransitionedAt,
        setByHand: true,
      },
    ]);
    return {};
  },
);
