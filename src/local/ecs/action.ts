import type * as z from 'zod';
import { type Action, action as anyAction } from '../logs/index.ts';
import type { Ecs } from './ecs.ts';

export type EcsAction = Action<Ecs>;

/** One operation of ECS: its input's schema, and what it does. */
export function action<Input>(
  schema: z.ZodType<Input>,
  run: (ecs: Ecs, input: Input) => unknown,
): EcsAction {
  return anyAction<Ecs, Input>(schema, run);
}
