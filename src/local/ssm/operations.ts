import type { Action } from '../logs/index.ts';
import { deleteParameter } from './actions/delete-parameter.ts';
import { getParameter } from './actions/get-parameter.ts';
import { getParametersByPath } from './actions/get-parameters-by-path.ts';
import { putParameter } from './actions/put-parameter.ts';
import type { SsmContext } from './ssm-context.ts';

/** What stands before the operation in `X-Amz-Target`. */
export const SSM_TARGET = 'AmazonSSM';

export const ssmOperations: Readonly<Record<string, Action<SsmContext>>> = {
  PutParameter: putParameter,
  GetParameter: getParameter,
  GetParametersByPath: getParametersByPath,
  DeleteParameter: deleteParameter,
};
