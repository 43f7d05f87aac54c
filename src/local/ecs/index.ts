export type { EcsEvent, Emit } from './events.ts';
export { Faults, type Intercept } from './faults.ts';
export { LaptopRuntime } from './laptop-runtime.ts';
export type { ContainerRuntime } from './runtime.ts';
export {
  type ImageScript,
  type SimulatedContainer,
  SimulatedRuntime,
} from './simulated-runtime.ts';
export {
  type RunningEcs,
  type RuntimeContext,
  type StartEcsOptions,
  startEcs,
} from './start-ecs.ts';
export { systemTimers, type Timers } from './timers.ts';
export { VirtualTime } from './virtual-time.ts';
