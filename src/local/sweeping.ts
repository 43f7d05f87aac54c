/** On AWS a schedule runs the sweep every minute. A laptop has few endpoints and impatient users. */
const EVERY_MS = 10_000;

export function startSweeping(sweep: (event: object) => Promise<unknown>) {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(async () => {
      try {
        await sweep({});
      } catch (error) {
        console.error('sweep: failed, the next one follows:', error);
      }
    });
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
