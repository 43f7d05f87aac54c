import { expect, it } from 'vitest';
import { ConfigError, parseRouterConfig } from './config.ts';

const settings = {
  endpoint: 'abalone',
  variant: 'AllTraffic',
  region: 'eu-west-1',
  account: '123456789012',
  partition: 'aws',
  mode: 'Serial',
  stages: ['container-1', 'container-2'],
  logGroup: '/headrace/Endpoints/abalone',
  logUrl: 'https://logs.example',
  maxBodyBytes: 6_291_456,
  timeoutMs: 60_000,
  drainMs: 5_000,
  listen: '127.0.0.1',
};
const env = {
  HEADRACE_ROUTER_PORT: '8080',
  HEADRACE_STAGE_PORTS: '24000,24032',
  HEADRACE_ROUTER: JSON.stringify(settings),
};

it('reads the environment', () => {
  const config = parseRouterConfig(env);

  expect(config).toEqual({
    ...settings,
    port: 8080,
    maxInFlight: 256,
    maxHeldBytes: 1_073_741_824,
    streamTimeoutMs: 480_000,
    pingEveryMs: 5_000,
    pingFailures: 2,
    stages: [
      { name: 'container-1', port: 24_000 },
      { name: 'container-2', port: 24_032 },
    ],
  });
});

it('ignores what a newer control plane may add', () => {
  const newer = JSON.stringify({ ...settings, novelty: true });

  expect(parseRouterConfig({ ...env, HEADRACE_ROUTER: newer })).toEqual(parseRouterConfig(env));
});

it.each<[string, Record<string, string | undefined>, RegExp]>([
  ['no port', { HEADRACE_ROUTER_PORT: undefined }, /^HEADRACE_ROUTER_PORT is not set\.$/],
  ['an empty port', { HEADRACE_ROUTER_PORT: '' }, /^HEADRACE_ROUTER_PORT is not set\.$/],
  ['a bad port', { HEADRACE_ROUTER_PORT: '99999' }, /^HEADRACE_ROUTER_PORT: /],
  ['no stage ports', { HEADRACE_STAGE_PORTS: undefined }, /^HEADRACE_STAGE_PORTS is not set\.$/],
  ['a bad stage port', { HEADRACE_STAGE_PORTS: '24000,x' }, /^HEADRACE_STAGE_PORTS: 1: /],
  ['too few stage ports', { HEADRACE_STAGE_PORTS: '24000' }, /^HEADRACE_STAGE_PORTS lists 1 ports/],
  ['no settings', { HEADRACE_ROUTER: undefined }, /^HEADRACE_ROUTER is not set\.$/],
  ['settings that are no JSON', { HEADRACE_ROUTER: '{' }, /^HEADRACE_ROUTER is not valid JSON\.$/],
  ['a bad setting', changed({ timeoutMs: 0 }), /^HEADRACE_ROUTER: timeoutMs: /],
  ['a bad mode', changed({ mode: 'serial' }), /^HEADRACE_ROUTER: mode: /],
  ['a name that is no token', changed({ stages: ['a b', 'c'] }), /^HEADRACE_ROUTER: stages\.0: /],
  [
    'a name twice',
    changed({ stages: ['a', 'a'] }),
    /^HEADRACE_ROUTER: stages names a container twice/,
  ],
])('names the variable in one line: %s', (_, change, message) => {
  const parse = () => parseRouterConfig({ ...env, ...change });

  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(message);
});

function changed(change: object): Record<string, string> {
  return { HEADRACE_ROUTER: JSON.stringify({ ...settings, ...change }) };
}
