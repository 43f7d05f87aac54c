import type { AccessKey, Right } from './access-key.ts';

/** What a request asks for. */
export interface Action {
  /** SageMaker's operation, such as `InvokeEndpoint`. */
  name: string;
  /** The right that it takes. */
  right: Right;
  /** What an ARN has after the account: `endpoint/abalone`, or `*`. */
  resource: string;
}

export function isAllowed({ allow, endpoints }: AccessKey, { right, resource }: Action): boolean {
  if (allow.includes('admin')) return true;
  if (!allow.includes(right)) return false;
  if (right !== 'invoke') return true;
  return endpoints.some((pattern) => matches(`endpoint/${pattern}`, resource));
}

/** @param pattern in which `*` stands for any characters, or none */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return text === pattern;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (const part of others) {
    const found = text.indexOf(part, position);
    if (found < 0 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}
