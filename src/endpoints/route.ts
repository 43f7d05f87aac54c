import type { GivenLimits } from '../endpoint-configs/invocation-limits.ts';
import type { ExecutionMode } from '../models/model-record.ts';

/** Which tasks serve an endpoint now: all that an invocation needs to know. */
export interface Route {
  /** While an update moves traffic, a variant stands here twice: its blue fleet and its green one. */
  variants: RouteVariant[];
  /** How many healthy instances each fleet has, with traffic or without: for those who ask. */
  serving?: { name: string; generation: string; count: number }[];
}

/** One fleet that takes traffic. */
export interface RouteVariant extends GivenLimits {
  name: string;
  generation: string;
  /** Its endpoint configuration's name. Routes that were made before it was kept have none. */
  config?: string | undefined;
  /** Its part of the endpoint's traffic is weight / sum of the weights. */
  weight: number;
  /** 0..1: its part of the traffic that names the variant. */
  share: number;
  routing: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS';
  mode: ExecutionMode;
  /** Its DesiredInstanceCount is 0: the others have its traffic. */
  asleep?: boolean | undefined;
  targets: Target[];
}

export interface Target {
  task: string;
  /** host:port of the task's router. */
  address: string;
}
