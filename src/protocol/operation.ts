import type * as z from 'zod';
import type { Clock } from '../aws/clock.ts';
import type { Config } from '../aws/config.ts';
import type { ImageLabels } from '../aws/image-labels.ts';
import type { Table } from '../aws/table.ts';
import { validate } from './validate.ts';

/** What an operation may use of the world. */
export interface Services {
  config: Config;
  table: Table;
  clock: Clock;
  newId: () => string;
  /** Where images can be looked at before they run: on a laptop. */
  imageLabels?: ImageLabels | undefined;
  /** Tells the reconciler to look at an endpoint. A lost call costs time, never correctness. */
  wake: (endpoint: string) => Promise<void>;
  /** The same for a transform job. */
  wakeTransformJob: (job: string) => Promise<void>;
}

/** One of SageMaker's operations: JSON members in, JSON members (or nothing) out. */
export interface Operation {
  name: string;
  run(input: unknown, services: Services): Promise<object | undefined>;
}

/**
 * @param run gets the members, checked and typed by `shape`; throws a ServiceError to refuse.
 */
export function operation<T extends z.ZodType>(
  name: string,
  shape: T,
  run: (input: z.output<T>, services: Services) => Promise<object | undefined>,
): Operation {
  return {
    name,
    // async, so that a refusal is always a rejection
    run: async (input, services) => run(validate(shape, input), services),
  };
}
