import type { Config } from '../aws/config.ts';

/** Where tasks of an instance type run: one capacity provider per type; a laptop has but one. */
export function placement(instanceType: string, config: Config) {
  const { subnets, securityGroups } = config;
  const capacityProvider = `${config.stack}-${instanceType.replaceAll('.', '-')}`;
  return {
    ...(config.instanceTypes === 'any'
      ? { launchType: 'EC2' as const }
      : { capacityProviderStrategy: [{ capacityProvider }] }),
    ...(subnets.length > 0 && {
      networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
    }),
  };
}
