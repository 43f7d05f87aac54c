import type { Outcome, ToldKey } from './run-command.ts';

/** What the command did, for a person at a terminal. */
export function tell({ created, keys, revoked }: Outcome, stack: string): string {
  const lines = [
    ...created.flatMap((key) => newKey(key, stack)),
    ...keys.map(row),
    ...revoked.map((key) => `revoked ${row(key)}`),
  ];
  if (revoked.length > 0) lines.push('It is refused everywhere within 60 seconds.');
  return lines.length > 0 ? lines.join('\n') : `There are no keys of ${stack}.`;
}

function newKey(key: ToldKey, stack: string): string[] {
  const { accessKeyId, secretAccessKey } = key;
  return [
    `# ${key.name} may ${rightsOf(key)}, of ${stack}. The secret is shown this once.`,
    `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    'unset AWS_SESSION_TOKEN',
  ];
}

function row(key: ToldKey): string {
  const end = key.expiresAt === undefined ? '' : `  until ${key.expiresAt}`;
  return `${key.accessKeyId}  ${key.name}  ${rightsOf(key)}  since ${key.createdAt}${end}`;
}

function rightsOf({ allow, endpoints }: ToldKey): string {
  return `${allow.join(', ')}${endpoints === undefined ? '' : ` on ${endpoints.join(', ')}`}`;
}
