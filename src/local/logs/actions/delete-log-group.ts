import * as z from 'zod';
import { action } from '../action.ts';
import { groupName } from '../group-name.ts';
import type { LogsContext } from '../logs-context.ts';

export const deleteLogGroup = action(
  z.object({ logGroupName: groupName }),
  ({ store }: LogsContext, { logGroupName }) => {
    store.requireGroup(logGroupName);
    store.deleteGroup(logGroupName);
    return {};
  },
);
