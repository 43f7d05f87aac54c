import type { AroundCall } from './simulated-plane.ts';

/** What happens to one outside call: we die before it, after it, or only its answer is lost. */
export type Fault = 'dies before' | 'dies after' | 'answer lost';

export const FAULTS: Fault[] = ['dies before', 'dies after', 'answer lost'];

/** Every crash point and every fault, as CI runs it, or a sample. */
export const IS_LONG = process.env.HEADRACE_CRASH_POINTS === 'all';

/** To die before a call is to die after the one before it, unless some are made at the same time. */
export const SAMPLED_FAULTS = IS_LONG ? FAULTS : FAULTS.filter((fault) => fault !== 'dies before');

export class Death extends Error {
  override name = 'Death';
}

/** Counts outside calls and lets `fault` happen to the `at`-th. Dead, a process calls nothing more. */
export function faultAt(at: number, fault: Fault): { around: AroundCall; calls: () => number } {
  let calls = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Death(`${fault} call ${at}`);
  };
  const around: AroundCall = async (send) => {
    if (isDead) die();
    calls += 1;
    if (calls !== at) return send();
    if (fault === 'dies before') die();
    await send();
    if (fault === 'dies after') die();
    // An SDK that hears nothing sends the call again.
    return send();
  };
  return { around, calls: () => calls };
}
