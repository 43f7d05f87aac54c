import * as z from 'zod';
import { action } from '../action.ts';
import { AwsError } from '../aws-error.ts';
import { groupName } from '../group-name.ts';
import type { LogsContext } from '../logs-context.ts';

export const createLogGroup = action(
  z.object({ logGroupName: groupName }),
  ({ store, clock }: LogsContext, { logGroupName }) => {
    if (store.group(logGroupName) !== undefined) {
      throw new AwsError(
        'ResourceAlreadyExistsException',
        'The specified log group already exists',
      );
    }
    store.putGroup({ name: logGroupName, creationTime: clock.now() });
    return {};
  },
);
