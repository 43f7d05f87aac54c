/**
 * What the stack is called. Its name begins the names of all that it makes, so that two stacks in one
 * account and region never touch each other's: ECS families and services, where `_` parts it from the
 * rest, log groups, SSM paths, capacity providers. These take no name that begins with one of AWS's own.
 */
export const STACK_NAME = /^(?!aws|ecs|fargate|ssm)[a-z][a-z0-9-]{0,31}$/;
