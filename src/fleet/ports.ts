/**
 * Ports inside a task's network namespace. Every container owns a block, so that a stage's
 * SAGEMAKER_SAFE_PORT_RANGE never meets another's (reference section 4.2).
 */
export const PORT_BLOCK = 32;
export const ROUTER_PORT = 8080;
const FIRST_STAGE_PORT = 24_000;

/** The port that the stage at `position` (0-based) binds: its SAGEMAKER_BIND_TO_PORT. */
export function stagePort(position: number): number {
  return FIRST_STAGE_PORT + position * PORT_BLOCK;
}

/** `first-last`, inclusive: the further ports the stage may use, its SAGEMAKER_SAFE_PORT_RANGE. */
export function safePortRange(position: number): string {
  const port = stagePort(position);
  return `${port + 1}-${port + PORT_BLOCK - 1}`;
}
