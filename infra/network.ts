import { ROUTER_PORT } from '../src/fleet/ports.ts';
import { att, type Resources, ref, sub } from './resource.ts';
import type { StackConfig } from './stack-config.ts';

export interface Network {
  /** Of the network interfaces of tasks, and of the invoke function. */
  taskSubnets: unknown[];
  hostSubnets: unknown[];
  /** Whether hosts reach the internet by an address of their own. */
  hostsArePublic: boolean;
  resources: Resources;
}

/**
 * Where everything runs. Tasks and the invoke function have private subnets, with the gateway endpoints
 * of S3 and DynamoDB, which cost nothing. Hosts must reach ECS, ECR and CloudWatch, for themselves and for their
 * tasks' images and logs: by a public address that nobody can connect to, or by a NAT gateway. No task gets a
 * public address: an awsvpc task on EC2 cannot have one.
 */
export function network(config: StackConfig): Network {
  const { vpc } = config.network;
  const place =
    vpc === undefined
      ? ownVpc(config)
      : {
          vpcId: vpc.id,
          taskSubnets: vpc.taskSubnets,
          hostSubnets: vpc.hostSubnets,
          hostsArePublic: false,
          resources: {},
        };
  const { vpcId, ...found } = place;
  return { ...found, resources: { ...found.resources, ...securityGroups(vpcId, config) } };
}

const named = (what: string) => [{ Key: 'Name', Value: sub(`\${AWS::StackName}-${what}`) }];

function ownVpc(config: StackConfig) {
  const { cidr, nat, zones } = config.network;
  const numbers = Array.from({ length: zones }, (_, position) => position + 1);
  const resources: Resources = {
    Vpc: {
      Type: 'AWS::EC2::VPC',
      Properties: {
        CidrBlock: cidr,
        EnableDnsSupport: true,
        EnableDnsHostnames: true,
        Tags: named('vpc'),
      },
    },
    InternetGateway: { Type: 'AWS::EC2::InternetGateway', Properties: { Tags: named('internet') } },
    InternetGatewayAttachment: {
      Type: 'AWS::EC2::VPCGatewayAttachment',
      Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('InternetGateway') },
    },
    PublicRoutes: {
      Type: 'AWS::EC2::RouteTable',
      Properties: { VpcId: ref('Vpc'), Tags: named('public') },
    },
    PublicRoute: {
      Type: 'AWS::EC2::Route',
      DependsOn: ['InternetGatewayAttachment'],
      Properties: {
        RouteTableId: ref('PublicRoutes'),
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: ref('InternetGateway'),
      },
    },
    PrivateRoutes: {
      Type: 'AWS::EC2::RouteTable',
      Properties: { VpcId: ref('Vpc'), Tags: named('private') },
    },
    ...gatewayEndpoint('S3Endpoint', 's3'),
    ...gatewayEndpoint('DynamoDBEndpoint', 'dynamodb'),
    ...(nat && natGateway()),
    ...(!nat && config.signIn === 'keys' && parameterEndpoint()),
  };
  for (const number of numbers) {
    Object.assign(resources, subnet('Public', number, config.network));
    Object.assign(resources, subnet('Private', number, config.network));
  }
  const subnets = (kind: string) => numbers.map((number) => ref(`${kind}Subnet${number}`));
  return {
    vpcId: ref('Vpc') as unknown,
    taskSubnets: subnets('Private') as unknown[],
    hostSubnets: subnets(nat ? 'Private' : 'Public') as unknown[],
    hostsArePublic: !nat,
    resources,
  };
}

/** An eighth of the VPC's addresses: `kind` and `number` say which. */
function subnet(
  kind: 'Public' | 'Private',
  number: number,
  { cidr }: StackConfig['network'],
): Resources {
  const name = `${kind}Subnet${number}`;
  const eighth = 2 * (number - 1) + (kind === 'Public' ? 0 : 1);
  return {
    [name]: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: ref('Vpc'),
        AvailabilityZone: { 'Fn::Select': [number - 1, { 'Fn::GetAZs': '' }] },
        CidrBlock: eighthOf(cidr, eighth),
        MapPublicIpOnLaunch: false,
        Tags: named(kind.toLowerCase()),
      },
    },
    [`${name}Routes`]: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { SubnetId: ref(name), RouteTableId: ref(`${kind}Routes`) },
    },
  };
}

/** `10.42.0.0/16`, 3: `10.42.96.0/19`. */
function eighthOf(cidr: string, position: number): string {
  const [address = '', prefix = ''] = cidr.split('/');
  const bits = Number(prefix) + 3;
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const block = first + position * 2 ** (32 - bits);
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(block / 2 ** shift) % 256);
  return `${parts.join('.')}/${bits}`;
}

/** Free of charge, unlike the way through a NAT gateway. */
function gatewayEndpoint(name: string, service: string): Resources {
  return {
    [name]: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: {
        VpcId: ref('Vpc'),
        VpcEndpointType: 'Gateway',
        ServiceName: sub(`com.amazonaws.\${AWS::Region}.${service}`),
        RouteTableIds: [ref('PrivateRoutes'), ref('PublicRoutes')],
      },
    },
  };
}

/** One for all zones: half the price of one each, and the loss of its zone stops new tasks only. */
function natGateway(): Resources {
  return {
    NatAddress: {
      Type: 'AWS::EC2::EIP',
      DependsOn: ['InternetGatewayAttachment'],
      Properties: { Domain: 'vpc' },
    },
    NatGateway: {
      Type: 'AWS::EC2::NatGateway',
      Properties: {
        AllocationId: att('NatAddress', 'AllocationId'),
        SubnetId: ref('PublicSubnet1'),
      },
    },
    PrivateRoute: {
      Type: 'AWS::EC2::Route',
      Properties: {
        RouteTableId: ref('PrivateRoutes'),
        DestinationCidrBlock: '0.0.0.0/0',
        NatGatewayId: ref('NatGateway'),
      },
    },
  };
}

/** The invoke function reads callers' keys from SSM. In one zone: it keeps what it has read. */
function parameterEndpoint(): Resources {
  return {
    ParameterEndpoint: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: {
        VpcId: ref('Vpc'),
        VpcEndpointType: 'Interface',
        ServiceName: sub('com.amazonaws.${AWS::Region}.ssm'),
        SubnetIds: [ref('PrivateSubnet1')],
        SecurityGroupIds: [ref('ParameterEndpointSecurityGroup')],
        PrivateDnsEnabled: true,
      },
    },
    ParameterEndpointSecurityGroup: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        VpcId: ref('Vpc'),
        GroupDescription: 'SSM, for the invoke function alone',
        SecurityGroupIngress: [
          {
            Description: 'The invoke function reads access keys',
            IpProtocol: 'tcp',
            FromPort: 443,
            ToPort: 443,
            SourceSecurityGroupId: ref('InvokeSecurityGroup'),
          },
        ],
      },
    },
  };
}

/** Only the invoke function, and whom the configuration names, reach tasks; nobody reaches a host. */
function securityGroups(vpcId: unknown, { network: { callers } }: StackConfig): Resources {
  const router = { IpProtocol: 'tcp', FromPort: ROUTER_PORT, ToPort: ROUTER_PORT };
  const group = (GroupDescription: string, properties: object = {}) => ({
    Type: 'AWS::EC2::SecurityGroup',
    Properties: { VpcId: vpcId, GroupDescription, ...properties },
  });
  return {
    InvokeSecurityGroup: group('The invoke function: calls tasks, DynamoDB and SSM', {
      SecurityGroupEgress: [
        {
          Description: 'DynamoDB and SSM, whose addresses are not ours to name',
          IpProtocol: 'tcp',
          FromPort: 443,
          ToPort: 443,
          CidrIp: '0.0.0.0/0',
        },
      ],
    }),
    InvokeToTasks: {
      Type: 'AWS::EC2::SecurityGroupEgress',
      Properties: {
        ...router,
        Description: 'The router of each task',
        GroupId: ref('InvokeSecurityGroup'),
        DestinationSecurityGroupId: ref('TaskSecurityGroup'),
      },
    },
    TaskSecurityGroup: group('Tasks: their routers answer the invoke function'),
    TasksFromInvoke: {
      Type: 'AWS::EC2::SecurityGroupIngress',
      Properties: {
        ...router,
        Description: 'The invoke function',
        GroupId: ref('TaskSecurityGroup'),
        SourceSecurityGroupId: ref('InvokeSecurityGroup'),
      },
    },
    ...Object.fromEntries(
      callers.map((caller, position) => [
        `TasksFromCaller${position + 1}`,
        {
          Type: 'AWS::EC2::SecurityGroupIngress',
          Properties: {
            ...router,
            Description: 'network.callers',
            GroupId: ref('TaskSecurityGroup'),
            SourceSecurityGroupId: caller,
          },
        },
      ]),
    ),
    HostSecurityGroup: group('Hosts: nobody connects to them'),
  };
}
