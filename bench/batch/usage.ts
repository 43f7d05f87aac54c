export interface Usage {
  seconds: number;
  cpuSeconds: number;
  peakMB: number;
}

/** What this process took since `started` (of performance.now), told to the process that forked it. */
export function tellUsage(started: number): void {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage: Usage = {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMB: maxRSS / 1024,
  };
  process.send?.(usage);
}
