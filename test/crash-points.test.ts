import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcile } from '../src/endpoints/reconcile.ts';
import {
  type AroundCall,
  type ControlPlane,
  call,
  type Process,
  startControlPlane,
} from './support/control-plane.ts';

/** Far more than a life cycle takes; the test says so when it is not. */
const MOST_CALLS = 150;
const PATIENCE_MS = 10_000;

/** What happens to one outside call: we die before it, after it, or only its answer is lost. */
type Fault = 'dies before' | 'dies after' | 'answer lost';

class Death extends Error {
  override name = 'Death';
}

/** Counts outside calls and lets `fault` happen to the `at`-th. Dead, a process calls nothing more. */
function faultAt(at: number, fault: Fault): { around: AroundCall; calls: () => number } {
  let calls = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Death(`${fault} call ${at}`);
  };
  const around: AroundCall = async (send) => {
    if (isDead) die();
    calls += 1;
    if (calls !== at) return send();
    if (fault === 'dies before') die();
    const answer = await send();
    if (fault === 'dies after') die();
    void answer;
    // A name that the SDK takes for a broken connection: it sends the call again.
    throw Object.assign(new Error('the answer is lost'), { name: 'TimeoutError' });
  };
  return { around, calls: () => calls };
}

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane(() => ({}));
  const process = plane.start();
  await call(process, 'CreateModel', {
    ModelName: 'pipeline',
    Containers: [{ Image: 'first' }, { Image: 'second' }],
  });
  await call(process, 'CreateEndpointConfig', {
    EndpointConfigName: 'config',
    ProductionVariants: ['one', 'two'].map((VariantName) => ({
      VariantName,
      ModelName: 'pipeline',
      InstanceType: 'ml.c5.large',
      InitialInstanceCount: 1,
    })),
  });
});

afterAll(() => plane.close());

/** The status, or `gone`. */
async function statusOf(process: Process, EndpointName: string): Promise<string> {
  try {
    const described = await call(process, 'DescribeEndpoint', { EndpointName });
    return String(Reflect.get(described ?? {}, 'EndpointStatus'));
  } catch (error) {
    if (error instanceof Error && /Could not find/.test(error.message)) return 'gone';
    throw error;
  }
}

/** Asks for `operation`, and again like any client when the answer did not come, until `status`. */
async function drive(process: Process, operation: 'create' | 'delete', name: string) {
  const wanted = operation === 'create' ? 'InService' : 'gone';
  const members = { EndpointName: name, EndpointConfigName: 'config' };
  const before = await statusOf(process, name);
  if (operation === 'create' && before === 'gone') await call(process, 'CreateEndpoint', members);
  if (operation === 'delete' && before === 'InService') {
    await call(process, 'DeleteEndpoint', { EndpointName: name });
  }
  const deadline = Date.now() + PATIENCE_MS;
  while ((await statusOf(process, name)) !== wanted) {
    if (Date.now() > deadline) throw new Error(`${name} is not ${wanted}`);
    await reconcile(name, process);
    await sleep(5);
  }
}

async function driveWithFault(
  operation: 'create' | 'delete',
  name: string,
  at: number,
  fault: Fault,
) {
  const { around, calls } = faultAt(at, fault);
  try {
    await drive(plane.start(around), operation, name);
  } catch (error) {
    if (!(error instanceof Death)) throw error;
    await drive(plane.start(), operation, name);
  }
  return calls() >= at;
}

async function tryEveryCall(operation: 'create' | 'delete', fault: Fault): Promise<number> {
  for (let at = 1; at <= MOST_CALLS; at++) {
    const name = `${operation}-${fault.replace(' ', '-')}-${at}`;
    const healthy = plane.start();
    if (operation === 'delete') await drive(healthy, 'create', name);

    const wasReached = await driveWithFault(operation, name, at, fault);

    if (operation === 'create') {
      const described = await call(healthy, 'DescribeEndpoint', { EndpointName: name });
      const variants = Reflect.get(described ?? {}, 'ProductionVariants') as object[];
      expect(variants.map((one) => Reflect.get(one, 'CurrentInstanceCount'))).toEqual([1, 1]);
      await drive(healthy, 'delete', name);
    }
    expect(await plane.leftovers(name)).toEqual([]);
    if (!wasReached) return at - 1;
  }
  throw new Error(`${operation} makes more than ${MOST_CALLS} calls`);
}

describe.each<Fault>(['dies before', 'dies after', 'answer lost'])(
  'every outside call, %s',
  (fault) => {
    it('CreateEndpoint still ends InService, and whole', { timeout: 90_000 }, async () => {
      const calls = await tryEveryCall('create', fault);

      expect(calls).toBeGreaterThan(20);
    });

    it('DeleteEndpoint still ends with nothing left', { timeout: 90_000 }, async () => {
      const calls = await tryEveryCall('delete', fault);

      expect(calls).toBeGreaterThan(15);
    });
  },
);
