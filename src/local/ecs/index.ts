export { LaptopRuntime } from './laptop-runtime.ts';
export { startEcs } from './start-ecs.ts';
export { systemTimers } from './timers.ts';
