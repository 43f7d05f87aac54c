import {
  ClientException,
  InvalidParameterException,
  LimitExceededException,
  ServerException,
} from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { isRefusal } from './is-refusal.ts';

const said = (message: string) => ({ message, $metadata: {} });

it.each([
  new InvalidParameterException(said('No such role.')),
  new ClientException(said('TaskDefinition is inactive')),
])('takes a no of ECS for one: $message', (error) => {
  expect(isRefusal(error)).toBe(true);
});

it.each([
  new ServerException(said('Service Unavailable. Please try again later.')),
  new LimitExceededException(said('The limit for tasks was reached.')),
  new ClientException(said('Rate exceeded')),
  // Two reconcilers register the same task definition at once.
  new ClientException(
    said('Too many concurrent attempts to create a new revision of the specified family.'),
  ),
  new Error('socket hang up'),
])('waits for what passes: $message', (error) => {
  expect(isRefusal(error)).toBe(false);
});
