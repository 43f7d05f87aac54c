import { expect, test } from 'vitest';
import { findEngine, hosts } from './find-engine.ts';

test('DOCKER_HOST is the only place that is looked at when it is set', () => {
  expect(hosts({ DOCKER_HOST: 'unix:///x.sock', HOME: '/home/me' })).toEqual(['unix:///x.sock']);
});

test('without it, the sockets of Docker come before those of Podman', () => {
  const found = hosts({ HOME: '/home/me', XDG_RUNTIME_DIR: '/run/user/7' });

  expect(found.at(0)).toBe('unix:///var/run/docker.sock');
  expect(found).toContain('unix:///run/user/7/docker.sock');
  expect(found).toContain('unix:///home/me/.docker/run/docker.sock');
  expect(found.at(-1)).toBe('unix:///home/me/.local/share/containers/podman/machine/podman.sock');
  expect(found.indexOf('unix:///run/user/7/podman/podman.sock')).toBeGreaterThan(4);
});

test.each([
  ['unix:///no/such.sock', 'DOCKER_HOST /no/such.sock (no such file)'],
  ['tcp://127.0.0.1:1', 'DOCKER_HOST tcp://127.0.0.1:1 (nobody listens)'],
  // Its ports would be published somewhere else.
  ['tcp://example.com:2375', 'tcp://example.com:2375 (must be unix://<socket>, or tcp://127.0.0.1'],
  ['ssh://me@example.com', 'ssh://me@example.com (must be unix://<socket>, or tcp://127.0.0.1'],
  ['nonsense', 'nonsense (must be unix://<socket>, or tcp://127.0.0.1'],
])('%s: says where it looked, and what to do', async (DOCKER_HOST, told) => {
  await expect(findEngine({ DOCKER_HOST })).rejects.toThrow(told);
  await expect(findEngine({ DOCKER_HOST })).rejects.toThrow('Start Docker, or Podman with');
});
