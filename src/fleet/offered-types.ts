import type { Config } from '../aws/config.ts';
import { isSizedInstanceType } from './instance-types.ts';

/** Why tasks of this type cannot run here, as a constraint; undefined when they can. */
export function checkInstanceType(
  instanceType: string,
  { instanceTypes }: Pick<Config, 'instanceTypes'>,
): string | undefined {
  if (instanceTypes === 'any') {
    if (isSizedInstanceType(instanceType)) return undefined;
    return 'Member must name an instance type, such as ml.c5.large';
  }
  if (instanceTypes.includes(instanceType)) return undefined;
  return `Member must satisfy enum value set: [${instanceTypes.join(', ')}]`;
}
