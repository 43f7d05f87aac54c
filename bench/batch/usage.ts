export interface Usage {
  seconds: number;
  cpuSeconds: number;
  peakMB: number;
}

/** Begins to count, once all modules are loaded; what is returned tells the process that forked us. */
export function countUsage(): () => void {
  const started = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    const usage: Usage = {
      seconds: (performance.now() - started) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMB: process.resourceUsage().maxRSS / 1024,
    };
    process.send?.(usage);
  };
}
