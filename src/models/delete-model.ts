import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { removeRecord } from '../records/change-record.ts';
import { modelName } from './model-name.ts';
import { findModel } from './model-record.ts';

/** Reference section 2.3: removes only the entry; an endpoint that runs it has its own copy. */
export const deleteModel = operation(
  'DeleteModel',
  structure({ ModelName: modelName }),
  async ({ ModelName }, { config, table }) => {
    await removeRecord(table, () => findModel(table, config, ModelName));
    return undefined;
  },
);
