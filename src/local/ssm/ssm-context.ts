import type { Clock } from '../../aws/clock.ts';
import { AwsError } from '../logs/index.ts';
import type { Parameter, Parameters } from './parameters.ts';

/** What every operation of the stand-in for SSM Parameter Store works on. */
export interface SsmContext {
  readonly parameters: Parameters;
  readonly clock: Clock;
  readonly region: string;
  readonly account: string;
}

/** A parameter as SSM tells it. Who does not ask for decryption gets no secret. */
export function parameterView(
  { region, account }: SsmContext,
  { Name, Value, Type, Version, LastModifiedDate }: Parameter,
  decrypts: boolean,
): object {
  return {
    Name,
    Type,
    Value: decrypts || Type !== 'SecureString' ? Value : 'encrypted',
    Version,
    LastModifiedDate,
    ARN: `arn:aws:ssm:${region}:${account}:parameter${Name.startsWith('/') ? '' : '/'}${Name}`,
    DataType: 'text',
  };
}

export function requireParameter({ parameters }: SsmContext, name: string): Parameter {
  const parameter = parameters.get(name);
  if (parameter !== undefined) return parameter;
  throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
}
