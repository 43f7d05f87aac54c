import { alarms } from './alarms.ts';
import { API_TIMEOUT_SECONDS, api, INVOKE_TIMEOUT_SECONDS } from './api.ts';
import { capacity } from './capacity.ts';
import { dashboard } from './dashboard.ts';
import { events } from './events.ts';
import { network } from './network.ts';
import { ref, sub } from './resource.ts';
import { roles } from './roles.ts';
import { parseStackConfig, type StackConfig } from './stack-config.ts';
import { table } from './table.ts';

const CONFIG_FILE = 'headrace.config.yml';

/** What osls gives a file that answers a variable with a function. */
interface VariableSource {
  resolveVariable(variable: string): Promise<unknown>;
}

/**
 * All that the configuration decides in serverless.yml. osls asks for it by `${file(infra/stack.cjs):…}`.
 * @throws StackConfigError
 */
export async function stack({ resolveVariable }: VariableSource) {
  const config = parseStackConfig(await resolveVariable(`file(${CONFIG_FILE})`), {
    file: CONFIG_FILE,
    service: String(await resolveVariable('self:service')),
    stage: String(await resolveVariable('sls:stage')),
  });
  const place = network(config);
  return {
    config,
    taskSubnets: place.taskSubnets,
    timeouts: { api: API_TIMEOUT_SECONDS, invoke: INVOKE_TIMEOUT_SECONDS },
    /** HEADRACE_SUBNETS */
    subnetList: { 'Fn::Join': [',', place.taskSubnets] },
    lambdaTracing: config.tracing === 'xray' ? 'Active' : 'PassThrough',
    instanceTypes: Object.keys(config.instanceTypes).join(','),
    routerImage: config.router?.image ?? null,
    resources: {
      Resources: {
        ...table,
        ...place.resources,
        ...capacity(config, place),
        ...roles(config),
        ...events(config),
        ...api(config),
        ...alarms(config),
        ...dashboard(config),
      },
      Outputs: outputs(config),
    },
  };
}

function outputs({ stage }: StackConfig) {
  const host = '${RestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}';
  return {
    EndpointUrl: { Value: sub(`https://${host}/${stage}`) },
    DataBucketName: { Value: ref('DataBucket') },
    TaskSecurityGroupId: { Value: ref('TaskSecurityGroup') },
  };
}
