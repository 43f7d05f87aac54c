/** The EC2 type of an `ml.` one. */
export function ec2Type(instanceType: string): string {
  return instanceType.replace(/^ml\./, '');
}

/** AWS names its own processors by a `g` behind the generation: c7g, m6gd, t4g. */
export function architectureOf(instanceType: string): 'amd64' | 'arm64' {
  return /^ml\.[a-z]+\d+[a-z]*g[a-z]*\./.test(instanceType) ? 'arm64' : 'amd64';
}
