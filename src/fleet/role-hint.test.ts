import { expect, it } from 'vitest';
import { roleHint } from './role-hint.ts';

it.each([
  'User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/mine because no identity-based policy allows the iam:PassRole action',
  "ECS was unable to assume the role 'arn:aws:iam::1:role/mine' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions",
  'Role is not valid',
])('tells what a role needs: %s', (said) => {
  expect(roleHint(said)).toMatch(/must trust ecs-tasks\.amazonaws\.com.*executionRoles/);
});

it.each(['Essential container in task exited', 'ClusterNotFoundException: Cluster not found.'])(
  'has nothing to say to: %s',
  (said) => {
    expect(roleHint(said)).toBe('');
  },
);
