import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedPlane, type SimulatedProcess } from '../../test/support/simulated-plane.ts';
import { reconcile } from './reconcile.ts';

const NAME = 'abalone';

let plane: SimulatedPlane;
let process: SimulatedProcess;

beforeEach(async () => {
  plane = new SimulatedPlane();
  await plane.open();
  process = plane.start();
  await plane.define(process, 'pair', { InitialInstanceCount: 2 });
  await plane.serve(process, NAME, 'pair');
});

afterEach(() => plane.close());

it('keeps what serves in the route when lists of ECS lag behind, and makes nothing twice', async () => {
  const before = plane.record(NAME);
  const made = plane.leftovers(NAME);
  plane.laggingLists = /^List/;

  await reconcile(NAME, process);

  expect(plane.record(NAME)).toEqual(before);
  expect(plane.leftovers(NAME)).toEqual(made);
});

it('takes a task that died out of the route all the same', async () => {
  plane.laggingLists = /^List/;
  plane.ecs.runtime.running[0]?.crash(1);
  await plane.ecs.time.advance(1_000);

  await reconcile(NAME, process);

  expect(plane.record(NAME)?.route?.variants[0]?.targets).toHaveLength(1);
});
