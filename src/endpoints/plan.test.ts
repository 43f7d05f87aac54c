import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { type FleetName, fleetId } from '../fleet/fleet-name.ts';
import { isServing, type ObservedFleet, type ObservedTask } from '../fleet/observed-fleet.ts';
import type { DeploymentRecord, EndpointRecord } from './endpoint-record.ts';
import { isAtRest, plan } from './plan.ts';
import type { Action, Plan, Wanted } from './plan-result.ts';

const ENDPOINT = 'abalone';
const NOW = Date.UTC(2026, 0, 1);
const GENERATIONS = ['g1', 'g2', 'g0'];

const variant = fc.record({
  name: fc.constantFrom('blue', 'green', 'red'),
  instanceCount: fc.integer({ min: 1, max: 3 }),
  weight: fc.constantFrom(0, 1, 2.5),
});

const variants: fc.Arbitrary<DeployedVariant[]> = fc
  .uniqueArray(variant, { selector: ({ name }) => name, minLength: 1, maxLength: 3 })
  .map((some) =>
    some.map((chosen) => ({
      ...chosen,
      modelName: 'm',
      model: { containers: [{ Image: 'i' }], isPrimary: true, mode: 'Serial' as const },
      instanceType: 'ml.c5.large',
      routing: 'RANDOM' as const,
      provisionTimeoutSeconds: 900,
      downloadTimeoutSeconds: 900,
      startupTimeoutSeconds: 480,
    })),
  );

const task: fc.Arbitrary<ObservedTask> = fc.record({
  id: fc.uuid(),
  phase: fc.constantFrom('placing', 'starting', 'running', 'stopping', 'stopped'),
  health: fc.constantFrom('HEALTHY', 'UNHEALTHY', 'UNKNOWN'),
  address: fc.option(fc.constant('127.0.0.1:8080'), { nil: undefined }),
  createdAt: fc.integer({ min: NOW - 3_600_000, max: NOW }),
  startedAt: fc.option(fc.integer({ min: NOW - 3_600_000, max: NOW }), { nil: undefined }),
  stoppedAt: fc.constant(undefined),
  stopCode: fc.constantFrom(
    undefined,
    'EssentialContainerExited',
    'TaskFailedToStart',
    'ServiceSchedulerInitiated',
    'UserInitiated',
  ),
  stoppedReason: fc.constantFrom(undefined, 'Task failed container health checks'),
  containers: fc.constant([]),
});

const fleet: fc.Arbitrary<ObservedFleet> = fc.record({
  name: fc.record({
    endpoint: fc.constant(ENDPOINT),
    variant: fc.constantFrom('blue', 'green', 'red', 'old'),
    generation: fc.constantFrom(...GENERATIONS),
  }),
  activeDefinitions: fc.uniqueArray(fc.constantFrom('3', '4'), { maxLength: 2 }),
  inactiveDefinitions: fc.uniqueArray(fc.constantFrom('1', '2'), { maxLength: 2 }),
  service: fc.option(
    fc.record({
      status: fc.constantFrom('ACTIVE', 'DRAINING'),
      desiredCount: fc.integer({ min: 0, max: 3 }),
    }),
    { nil: undefined },
  ),
  tasks: fc.array(task, { maxLength: 4 }),
});

const fleets = fc
  .uniqueArray(fleet, { selector: ({ name }) => fleetId(name), maxLength: 6 })
  .map((some) =>
    some.map((one) => {
      const arn = (revision: string) => `${fleetId(one.name)}:${revision}`;
      const activeDefinitions = one.activeDefinitions.map(arn);
      return { ...one, activeDefinitions, inactiveDefinitions: one.inactiveDefinitions.map(arn) };
    }),
  );

function deploymentOf(generation: string, some: DeployedVariant[]): DeploymentRecord {
  return {
    pk: `endpoint/${ENDPOINT}`,
    sk: `deployment/${generation}`,
    kind: 'deployment',
    name: ENDPOINT,
    created: '',
    creationTime: NOW,
    generation,
    incarnation: generation,
    revision: 1,
    written: 'w',
    variants: some,
  };
}

function recordOf(status: EndpointRecord['status'], generation: string): EndpointRecord {
  return {
    pk: `endpoint/${ENDPOINT}`,
    sk: 'endpoint',
    kind: 'endpoint',
    name: ENDPOINT,
    created: '',
    creationTime: NOW,
    lastModifiedTime: NOW,
    tags: {},
    incarnation: 'i',
    revision: 1,
    written: 'w',
    status,
    statusAndName: `${status}#${ENDPOINT}`,
    endpointConfigName: 'c',
    generation,
  };
}

const wanted: fc.Arbitrary<Wanted> = fc
  .record({
    status: fc.constantFrom('Creating', 'InService', 'Failed', 'Deleting', undefined),
    generation: fc.constantFrom('g1', 'g2'),
    some: variants,
    hasDeployment: fc.boolean(),
    hasStray: fc.boolean(),
  })
  .map(({ status, generation, some, hasDeployment, hasStray }) => {
    const deployment = hasDeployment ? deploymentOf(generation, some) : undefined;
    const stray = hasStray ? [deploymentOf('g9', some)] : [];
    const record = status && recordOf(status, generation);
    return {
      endpoint: record && { record, deployment },
      deployments: [...(deployment ? [deployment] : []), ...stray],
    };
  });

function familiesIn(actions: Action[]): string[] {
  return actions.flatMap((action) => ('fleet' in action ? [fleetId(action.fleet)] : []));
}

describe('plan, from every state and every observation', () => {
  it('routes only to healthy tasks of the endpoint’s own generation', () => {
    fc.assert(
      fc.property(wanted, fleets, (given, seen) => {
        const { next } = plan(given, { fleets: seen, hasLogGroup: true }, NOW);

        for (const { name, targets } of next.to === 'write'
          ? (next.record.route?.variants ?? [])
          : []) {
          const own = seen.find(
            (one) =>
              one.name.variant === name &&
              one.name.generation === given.endpoint?.record.generation,
          );
          const serving = new Set(own?.tasks.filter(isServing).map(({ id }) => id));
          expect(targets.every((target) => serving.has(target.task))).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('never takes down what the endpoint wants, and leaves nothing else alone', () => {
    fc.assert(
      fc.property(wanted, fleets, (given, seen) => {
        const { before, after } = plan(given, { fleets: seen, hasLogGroup: true }, NOW);

        const { record, deployment } = given.endpoint ?? {};
        const serves = record?.status === 'Creating' || record?.status === 'InService';
        if (serves && deployment === undefined) {
          expect([...before, ...after]).toEqual([]);
          return;
        }
        const keep = new Set(
          serves
            ? deployment?.variants.map(({ name }) =>
                fleetId({ endpoint: ENDPOINT, variant: name, generation: record.generation }),
              )
            : [],
        );
        const doomed = familiesIn(after.filter((action) => action.do === 'deleteService'));
        const active = seen.filter(({ service }) => service?.status === 'ACTIVE');
        const others = active.map(({ name }) => fleetId(name)).filter((name) => !keep.has(name));
        expect(doomed.toSorted()).toEqual(others.toSorted());
      }),
      { numRuns: 2_000 },
    );
  });

  it('forgets an endpoint only when it is Deleting and nothing of it is left', () => {
    fc.assert(
      fc.property(wanted, fleets, (given, seen) => {
        const { next } = plan(given, { fleets: seen, hasLogGroup: true }, NOW);

        const isOver = given.endpoint?.record.status === 'Deleting' && seen.length === 0;
        expect(next.to === 'remove').toBe(isOver);
      }),
    );
  });

  it('fails an endpoint only while it is Creating, and names each failing variant once', () => {
    fc.assert(
      fc.property(wanted, fleets, (given, seen) => {
        const { next } = plan(given, { fleets: seen, hasLogGroup: true }, NOW);

        if (next.to !== 'fail') return;
        const names = next.failures.map(({ variant }) => variant.name);
        expect(given.endpoint?.record.status).toBe('Creating');
        expect(new Set(names).size).toBe(names.length);
        expect(names.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('says the same for the same input, and changes none of it', () => {
    fc.assert(
      fc.property(wanted, fleets, (given, seen) => {
        const before = JSON.stringify([given, seen]);

        const first = plan(given, { fleets: seen, hasLogGroup: true }, NOW);
        const second = plan(given, { fleets: seen, hasLogGroup: true }, NOW);

        expect(first).toEqual(second);
        expect(JSON.stringify([given, seen])).toBe(before);
      }),
    );
  });
});

/** What becomes of the tasks that a variant starts. */
type Fate = 'well' | 'exits' | 'cannot start' | 'never healthy' | 'no room';

/** ECS and the table, as far as a plan touches them; every call takes effect at once. */
class World {
  wanted: Wanted;
  fleets: ObservedFleet[];
  now = NOW;
  hasLogGroup = false;
  #fates: Fate[];
  #tasks = 0;

  constructor(given: Wanted, fleets: ObservedFleet[], fates: Fate[]) {
    this.wanted = given;
    this.fleets = structuredClone(fleets);
    this.#fates = fates;
  }

  apply({ before, next, after }: Plan): void {
    for (const action of [...before, ...after]) this.#perform(action);
    const { endpoint, deployments } = this.wanted;
    if (next.to === 'remove') this.wanted = { endpoint: undefined, deployments };
    if (endpoint === undefined) return;
    if (next.to === 'write') this.wanted = this.#with(next.record);
    // What has come into service may crash for as long as it likes; the world is to stand still.
    if (this.wanted.endpoint?.record.status === 'InService') this.#fates = ['well'];
    if (next.to === 'fail') this.wanted = this.#with(next.record);
  }

  #with(record: EndpointRecord): Wanted {
    return { ...this.wanted, endpoint: { record, deployment: this.wanted.endpoint?.deployment } };
  }

  #fleet(name: FleetName): ObservedFleet {
    const found = this.fleets.find((one) => fleetId(one.name) === fleetId(name));
    if (found !== undefined) return found;
    const made: ObservedFleet = {
      name,
      activeDefinitions: [],
      inactiveDefinitions: [],
      service: undefined,
      tasks: [],
    };
    this.fleets.push(made);
    return made;
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'registerTaskDefinition':
        this.#fleet(action.fleet).activeDefinitions.unshift(fleetId(action.fleet));
        return;
      case 'createService':
        expect(this.#fleet(action.fleet).activeDefinitions).toContain(action.taskDefinition);
        this.#fleet(action.fleet).service = { status: 'ACTIVE', desiredCount: action.count };
        return;
      case 'scaleService':
        this.#fleet(action.fleet).service = { status: 'ACTIVE', desiredCount: action.count };
        return;
      case 'deleteService':
        this.#fleet(action.fleet).service = { status: 'DRAINING', desiredCount: 0 };
        return;
      case 'deregisterTaskDefinitions':
        for (const one of this.fleets) {
          const moved = one.activeDefinitions.filter((arn) => action.arns.includes(arn));
          one.activeDefinitions = one.activeDefinitions.filter((arn) => !moved.includes(arn));
          one.inactiveDefinitions.push(...moved);
        }
        return;
      case 'deleteTaskDefinitions':
        for (const one of this.fleets) {
          one.inactiveDefinitions = one.inactiveDefinitions.filter(
            (arn) => !action.arns.includes(arn),
          );
        }
        return;
      case 'deleteDeployments':
        this.wanted = {
          ...this.wanted,
          deployments: this.wanted.deployments.filter((one) => !action.deployments.includes(one)),
        };
        return;
      case 'ensureLogGroup':
        this.hasLogGroup = true;
        return;
      case 'deleteLogGroup':
        this.hasLogGroup = false;
        return;
    }
  }

  /** A minute of ECS; true when anything moved. */
  tick(): boolean {
    this.now += 60_000;
    const before = JSON.stringify(this.fleets);
    for (const one of this.fleets) this.#tickFleet(one);
    this.fleets = this.fleets.filter(
      ({ activeDefinitions, inactiveDefinitions, service, tasks }) =>
        activeDefinitions.length + inactiveDefinitions.length > 0 ||
        service !== undefined ||
        tasks.some(({ phase }) => phase !== 'stopped'),
    );
    return JSON.stringify(this.fleets) !== before;
  }

  #tickFleet(one: ObservedFleet): void {
    for (const each of one.tasks) {
      if (
        each.phase === 'stopping' ||
        (one.service?.status !== 'ACTIVE' && each.phase !== 'stopped')
      ) {
        each.phase = 'stopped';
        each.stopCode = 'UserInitiated';
      } else {
        this.#progress(each);
      }
    }
    if (one.service?.status === 'DRAINING') one.service = undefined;
    if (one.service === undefined) return;
    const running = one.tasks.filter(({ phase }) => phase !== 'stopped' && phase !== 'stopping');
    for (const surplus of running.slice(one.service.desiredCount)) surplus.phase = 'stopping';
    const alive = one.tasks.filter(({ phase }) => phase !== 'stopped').length;
    for (let missing = one.service.desiredCount - alive; missing > 0; missing--) {
      this.#tasks += 1;
      one.tasks.push({
        id: `task-${this.#tasks}`,
        phase: 'placing',
        health: 'UNKNOWN',
        address: '127.0.0.1:8080',
        createdAt: this.now,
        startedAt: undefined,
        stoppedAt: undefined,
        stopCode: undefined,
        stoppedReason: undefined,
        containers: [],
      });
    }
  }

  #progress(each: ObservedTask): void {
    const number = Number(/^task-(\d+)$/.exec(each.id)?.[1] ?? 0);
    const fate = this.#fates[number % this.#fates.length] ?? 'well';
    if (each.phase === 'placing' && fate !== 'no room') each.phase = 'starting';
    else if (each.phase === 'starting') {
      each.phase = fate === 'cannot start' ? 'stopped' : 'running';
      each.startedAt = this.now;
      each.address ??= '127.0.0.1:8080';
      if (each.phase === 'stopped') each.stopCode = 'TaskFailedToStart';
    } else if (each.phase === 'running' && fate === 'exits') {
      each.phase = 'stopped';
      each.stopCode = 'EssentialContainerExited';
    } else if (each.phase === 'running' && fate === 'well') {
      each.health = 'HEALTHY';
      each.address ??= '127.0.0.1:8080';
    }
  }
}

const fate = fc.constantFrom<Fate>('well', 'exits', 'cannot start', 'never healthy', 'no room');

describe('plan, followed until nothing moves', () => {
  it('comes to rest: in service whole, or failed, or gone, and with nothing left over', () => {
    fc.assert(
      fc.property(wanted, fleets, fc.array(fate, { minLength: 1 }), (given, seen, fates) => {
        const serves = ['Creating', 'InService'].includes(given.endpoint?.record.status ?? '');
        fc.pre(!serves || given.endpoint?.deployment !== undefined);
        // A service that has run may crash for as long as it likes; then the world does not stand still.
        const mayCrash = given.endpoint?.record.status === 'Creating';
        const world = new World(given, seen, mayCrash ? fates : ['well']);

        let isResting = false;
        for (let minute = 0; minute < 120 && !isResting; minute++) {
          const decided = plan(world.wanted, world, world.now);
          world.apply(decided);
          const moved = world.tick();
          isResting = isAtRest(decided) && !moved && !isHoping(world.wanted);
        }

        expect(isResting).toBe(true);
        const { record, deployment } = world.wanted.endpoint ?? {};
        if (record?.status === 'InService') {
          expect(world.fleets).toHaveLength(deployment?.variants.length ?? 0);
          for (const { name, instanceCount } of deployment?.variants ?? []) {
            const routed = record.route?.variants.find((one) => one.name === name);
            expect(routed?.targets.length).toBeGreaterThanOrEqual(instanceCount);
          }
        } else {
          expect(record?.status ?? 'gone').toMatch(/^(Failed|gone)$/);
          expect(world.fleets).toEqual([]);
        }
        if (record === undefined) {
          expect(world.wanted.deployments).toEqual([]);
          expect(world.hasLogGroup).toBe(false);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

/** Time alone still has to pass: a timeout, or the age of a deployment that nobody names. */
function isHoping({ endpoint, deployments }: Wanted): boolean {
  const { status, generation } = endpoint?.record ?? {};
  return status === 'Creating' || deployments.some((one) => one.generation !== generation);
}
