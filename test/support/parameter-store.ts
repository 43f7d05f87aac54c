import { join } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { Parameters } from '../../src/local/ssm/index.ts';
import { RealEcs } from './ecs/real-ecs.ts';

/** The stand-in for SSM Parameter Store, over the wire, in a folder of its own. */
export async function startParameterStore() {
  const real = new RealEcs();
  const file = join(real.dir, 'parameters.json');
  const { endpoint: url } = await real.start({ parameters: new Parameters(file) });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new SSMClient({
    region: 'us-east-1',
    credentials,
    endpoint: url,
    maxAttempts: 1,
  });
  return { url, client, close: () => real.close() };
}
