/** How long one stage took. */
export interface StageTime {
  readonly name: string;
  readonly ms: number;
}

/**
 * The stages in a router's Server-Timing, e.g. `container-1;dur=1.23, container-2;dur=0.80, router;dur=0.31`.
 * The router's own share, which is always last, is not among them.
 */
export function stageTimes(serverTiming: string | undefined): StageTime[] {
  const all = (serverTiming ?? '').split(', ').map((entry) => {
    const end = entry.indexOf(';dur=');
    return { name: entry.slice(0, Math.max(0, end)), ms: Number(entry.slice(end + 5)) };
  });
  return all.slice(0, -1).filter(({ name, ms }) => name !== '' && Number.isFinite(ms));
}
