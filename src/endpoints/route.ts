import type { ExecutionMode } from '../models/model-record.ts';

/** Which tasks serve an endpoint now: all that an invocation needs to know. */
export interface Route {
  generation: string;
  variants: RouteVariant[];
}

export interface RouteVariant {
  name: string;
  /** Its share of the traffic is weight / sum of the weights. */
  weight: number;
  routing: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS';
  mode: ExecutionMode;
  targets: Target[];
}

export interface Target {
  task: string;
  /** host:port of the task's router. */
  address: string;
}
