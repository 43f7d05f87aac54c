import * as z from 'zod';
import { action } from '../action.ts';
import { groupName } from '../group-name.ts';
import type { LogsContext } from '../logs-context.ts';

/** Kept and shown; nothing is deleted by age here, size alone bounds a laptop's logs. */
export const putRetentionPolicy = action(
  z.object({ logGroupName: groupName, retentionInDays: z.int().positive() }),
  ({ store }: LogsContext, { logGroupName, retentionInDays }) => {
    store.putGroup({ ...store.requireGroup(logGroupName), retentionInDays });
    return {};
  },
);
