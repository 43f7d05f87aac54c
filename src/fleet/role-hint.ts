/**
 * What to do when AWS's words say that a role is in the way: of the caller, who may not pass it, or of a
 * task, for which it cannot be assumed. '' when they say something else.
 */
export function roleHint(said: string): string {
  if (!/iam:PassRole|\bassume\b|Role is not valid|trust relationship/i.test(said)) return '';
  return ' (A model\'s ExecutionRoleArn must trust ecs-tasks.amazonaws.com, and the stack must list it in executionRoles: docs/deploy.md, "Roles of pipelines".)';
}
