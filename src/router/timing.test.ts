import { expect, it } from 'vitest';
import { serverTiming } from './timing.ts';

it('lists the stages in order and then what is left for the router', () => {
  const hops = [
    { stage: 'container-1', ms: 1.234 },
    { stage: 'container-2', ms: 0.8 },
  ];

  const value = serverTiming(hops, 2.344);

  expect(value).toBe('container-1;dur=1.23, container-2;dur=0.80, router;dur=0.31');
});

it('never gives the router a negative share', () => {
  expect(serverTiming([{ stage: 'a', ms: 2 }], 1.9)).toBe('a;dur=2.00, router;dur=0.00');
});
