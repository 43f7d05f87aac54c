/** On AWS a schedule runs the sweep every minute. A laptop has few endpoints and impatient users. */
const EVERY_MS = 10_000;

export function startSweeping(sweep: (event: object) => Promise<unknown>) {
  const run = async () => {
    try {
      await sweep({});
    } catch (error) {
      console.error('sweep: failed, the next one follows:', error);
    }
  };
  // At once: an earlier life may have left something half done.
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
