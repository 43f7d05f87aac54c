import { expect, test } from 'vitest';
import { toHostPorts } from './container-environment.ts';

const bindings = [
  { containerPort: 8080, hostPort: 10_000, bindIP: '127.0.0.1', protocol: 'tcp' as const },
  { containerPort: 24_000, hostPort: 11_008, bindIP: '127.0.0.1', protocol: 'tcp' as const },
];

test.each([
  ['8080', '10000'],
  ['24001-24031', '11009-11039'],
  ['24000,8080', '11008,10000'],
  // A block has 32 ports: what lies beyond is not ours.
  ['24032', '24032'],
  ['7999', '7999'],
])('the ports %s become %s', (value, expected) => {
  expect(toHostPorts(value, bindings)).toBe(expected);
});
