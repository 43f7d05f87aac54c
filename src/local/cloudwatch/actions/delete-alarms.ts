import * as z from 'zod';
import { alarmAction } from '../action.ts';
import { alarmNames } from '../inputs.ts';

/** As in CloudWatch, a name without an alarm is no error. */
export const deleteAlarms = alarmAction(
  z.strictObject({ AlarmNames: alarmNames }),
  ({ alarms }, { AlarmNames }) => {
    alarms.delete(AlarmNames);
    return {};
  },
);
