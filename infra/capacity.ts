import { capacityProviderOf } from '../src/fleet/placement.ts';
import { architectureOf, ec2Type } from './instance-type.ts';
import type { Network } from './network.ts';
import { att, logicalPart, type Resources, ref, sub } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

/** A new host takes this long, from its launch, to be ready for a task (it counts in scaling). */
const WARM_UP_SECONDS = 120;

/** The cluster, and for each type that is offered: what its hosts are, how many, and who scales them. */
export function capacity(config: StackConfig, network: Network): Resources {
  const types = Object.keys(config.instanceTypes);
  return {
    Cluster: {
      Type: 'AWS::ECS::Cluster',
      Properties: { ClusterName: config.stack },
    },
    CapacityProviders: {
      Type: 'AWS::ECS::ClusterCapacityProviderAssociations',
      Properties: {
        Cluster: ref('Cluster'),
        CapacityProviders: types.map((type) => ref(`CapacityProvider${logicalPart(type)}`)),
        // Every service and task names its own.
        DefaultCapacityProviderStrategy: [],
      },
    },
    HostProfile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('HostRole')] } },
    ...Object.assign({}, ...types.map((type) => hostsOf(type, config, network))),
  };
}

function hostsOf(type: string, config: StackConfig, network: Network): Resources {
  const { min, max, spot } = config.instanceTypes[type] ?? { min: 0, max: 0, spot: 0 };
  const part = logicalPart(type);
  return {
    [`LaunchTemplate${part}`]: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: launch(type, config, network) },
    },
    [`Hosts${part}`]: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        VPCZoneIdentifier: network.hostSubnets,
        MinSize: String(min),
        MaxSize: String(max),
        // ECS takes it off a host that has no task left, and never off one that has.
        NewInstancesProtectedFromScaleIn: true,
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: {
              LaunchTemplateId: ref(`LaunchTemplate${part}`),
              Version: att(`LaunchTemplate${part}`, 'LatestVersionNumber'),
            },
            Overrides: [{ InstanceType: ec2Type(type) }],
          },
          InstancesDistribution: {
            OnDemandBaseCapacity: 0,
            OnDemandPercentageAboveBaseCapacity: Math.round((1 - spot) * 100),
            SpotAllocationStrategy: 'price-capacity-optimized',
          },
        },
        Tags: [
          // ECS sets it on groups that it scales; an update of the stack must not take it off again.
          { Key: 'AmazonECSManaged', Value: 'true', PropagateAtLaunch: true },
          { Key: 'headrace:stack', Value: config.stack, PropagateAtLaunch: true },
          { Key: 'Name', Value: `${config.stack} ${type}`, PropagateAtLaunch: true },
        ],
      },
    },
    [`CapacityProvider${part}`]: {
      Type: 'AWS::ECS::CapacityProvider',
      Properties: {
        Name: capacityProviderOf(config.stack, type),
        AutoScalingGroupProvider: {
          AutoScalingGroupArn: ref(`Hosts${part}`),
          ManagedScaling: {
            Status: 'ENABLED',
            TargetCapacity: 100,
            InstanceWarmupPeriod: WARM_UP_SECONDS,
          },
          ManagedTerminationProtection: 'ENABLED',
          ManagedDraining: 'ENABLED',
        },
      },
    },
  };
}

/**
 * A host: Amazon Linux 2023 as ECS makes it, the newest at each deploy. A task takes a whole host, so it
 * needs one network interface beside the host's own, which every type has: no trunking.
 */
function launch(type: string, config: StackConfig, network: Network) {
  const arm = architectureOf(type) === 'arm64' ? '/arm64' : '';
  const image = `/aws/service/ecs/optimized-ami/amazon-linux-2023${arm}/recommended/image_id`;
  return {
    ImageId: `{{resolve:ssm:${image}}}`,
    InstanceType: ec2Type(type),
    IamInstanceProfile: { Arn: att('HostProfile', 'Arn') },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        ...(network.hostsArePublic && { AssociatePublicIpAddress: true }),
        Groups: [ref('HostSecurityGroup')],
        DeleteOnTermination: true,
      },
    ],
    // One hop ends on the host: no container on a bridge gets the host's credentials.
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: config.diskGiB,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    UserData: { 'Fn::Base64': sub(USER_DATA) },
    TagSpecifications: [
      { ResourceType: 'volume', Tags: [{ Key: 'headrace:stack', Value: config.stack }] },
    ],
  };
}

/**
 * BLOCK_IMDS keeps awsvpc tasks, which do not cross the host's bridge, from its credentials too. Logs are written
 * with the execution role of each task: the host's own may write none.
 */
const USER_DATA = `#!/bin/bash
cat >> /etc/ecs/ecs.config <<'END'
ECS_CLUSTER=\${Cluster}
ECS_AWSVPC_BLOCK_IMDS=true
ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true
ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=10m
END
`;
