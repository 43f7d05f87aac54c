import type { Config } from '../aws/config.ts';

/** One to a type of a stack: what CreateService and the stack's template call it. */
export function capacityProviderOf(stack: string, instanceType: string): string {
  return `${stack}-${instanceType.replaceAll('.', '-')}`;
}

/** Where tasks of an instance type run: one capacity provider per type; a laptop has but one. */
export function placement(instanceType: string, config: Config) {
  const { subnets, securityGroups } = config;
  const capacityProvider = capacityProviderOf(config.stack, instanceType);
  return {
    ...(config.instanceTypes === 'any'
      ? { launchType: 'EC2' as const }
      : { capacityProviderStrategy: [{ capacityProvider }] }),
    ...(subnets.length > 0 && {
      networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
    }),
  };
}
