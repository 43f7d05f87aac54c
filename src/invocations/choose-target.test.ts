import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import { chooseVariant, orderTargets } from './choose-target.ts';

function variant(name: string, more: Partial<RouteVariant> = {}): RouteVariant {
  return {
    name,
    generation: 'g1',
    weight: 1,
    share: 1,
    routing: 'RANDOM',
    mode: 'Serial',
    targets: [],
    ...more,
  };
}

const routeOf = (weights: number[]): Route => ({
  variants: weights.map((weight, position) => variant(`v${position}`, { weight })),
});

describe('a variant', () => {
  it('gets the share of the traffic that its weight is of all weights', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(weights, (given) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const chosen = new Map<string, number>();

        // One request in the middle of each unit of weight.
        for (let unit = 0; unit < total; unit++) {
          const name = chooseVariant(routeOf(given), (unit + 0.5) / total)?.name ?? 'none';
          chosen.set(name, (chosen.get(name) ?? 0) + 1);
        }

        given.forEach((weight, position) => {
          expect(chosen.get(`v${position}`) ?? 0).toBe(weight);
        });
      }),
    );
  });

  it('without weight is never chosen, whatever the numbers', () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e6, noNaN: true }));
    const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 10 }), position, (given, at) => {
        const chosen = chooseVariant(routeOf(given), at);

        if (given.every((weight) => weight === 0)) expect(chosen).toBeUndefined();
        else expect(chosen?.weight).toBeGreaterThan(0);
      }),
    );
  });

  it('without a healthy task leaves its traffic to those that have one', () => {
    const serving = [{ task: 'a', address: 'a:1' }];
    const route = {
      variants: [
        variant('down', { weight: 9 }),
        variant('up', { targets: serving }),
        variant('weightless', { weight: 0, targets: serving }),
      ],
    };
    const chosen = [0, 0.5, 0.99].map((position) => chooseVariant(route, position)?.name);

    expect(chosen).toEqual(['up', 'up', 'up']);
    expect(chooseVariant(routeOf([0, 1]), 0.5)?.name).toBe('v1');
  });

  it('is none where there is none', () => {
    expect(chooseVariant({ variants: [] }, 0.5)).toBeUndefined();
  });
});

describe('the order of the tasks', () => {
  const targets = ['a', 'b', 'c'].map((task) => ({ task, address: `${task}:1` }));
  const busy: Record<string, number> = { 'a:1': 2, 'b:1': 0, 'c:1': 1 };
  const names = (found: { task: string }[]) => found.map(({ task }) => task).join('');

  it('is a shuffle of all of them', () => {
    const numbers = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(numbers, (given) => {
        const rest = [...given];

        const ordered = orderTargets(
          variant('v', { targets }),
          () => 0,
          () => rest.shift() ?? 0,
        );

        expect(names(ordered).split('').sort().join('')).toBe('abc');
      }),
    );
  });

  it('is by chance alone for RANDOM', () => {
    const order = [0.3, 0.1, 0.2];

    const ordered = orderTargets(
      variant('v', { targets }),
      (address) => busy[address] ?? 0,
      () => order.shift() ?? 0,
    );

    expect(names(ordered)).toBe('bca');
  });

  it('begins with the idlest for LEAST_OUTSTANDING_REQUESTS, among equals by chance', () => {
    const least = variant('v', { targets, routing: 'LEAST_OUTSTANDING_REQUESTS' });
    const descending = () => {
      let next = 1;
      return () => {
        next -= 0.1;
        return next;
      };
    };

    expect(
      names(
        orderTargets(
          least,
          (address) => busy[address] ?? 0,
          () => 0.5,
        ),
      ),
    ).toBe('bca');
    expect(names(orderTargets(least, () => 0, descending()))).toBe('cba');
  });

  it('leaves the route as it is', () => {
    const before = structuredClone(targets);

    orderTargets(variant('v', { targets }), () => 0, Math.random);

    expect(targets).toEqual(before);
  });
});
