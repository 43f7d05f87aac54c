/** Which objects a trigger takes, and where the jobs it makes put theirs. */
export interface Flow {
  name: string;
  bucket: string;
  prefix: string;
  suffix: string;
  output: { bucket: string; prefix: string };
}

/** What every output's key ends in. */
const OUTPUT_SUFFIX = '.out';

/** Whether an output of `from` can be an object that `to` takes. Pure. */
export function feeds(from: Flow, to: Flow): boolean {
  const folder = asFolder(from.output.prefix);
  const canBegin = folder.startsWith(to.prefix) || to.prefix.startsWith(folder);
  const canEnd = OUTPUT_SUFFIX.endsWith(to.suffix) || to.suffix.endsWith(OUTPUT_SUFFIX);
  return from.output.bucket === to.bucket && canBegin && canEnd;
}

/** The triggers along which an output of `added` would come back to it; undefined when none do. */
export function loopThrough(added: Flow, others: Flow[]): string[] | undefined {
  // From each of them once: by how many ways it was come to makes no difference.
  const seen = new Set<string>();
  const search = (flow: Flow, path: string[]): string[] | undefined => {
    if (feeds(flow, added)) return path;
    for (const next of others) {
      if (seen.has(next.name) || !feeds(flow, next)) continue;
      seen.add(next.name);
      const found = search(next, [...path, next.name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(added, [added.name]);
}

function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

export function takes(flow: Flow, bucket: string, key: string): boolean {
  return bucket === flow.bucket && key.startsWith(flow.prefix) && key.endsWith(flow.suffix);
}
