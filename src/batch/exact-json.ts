/** Long enough that a number of so many digits may not fit into a double. */
const MANY_DIGITS = /\d{16}/;

interface RawJson {
  rawJSON(text: string): unknown;
}

/**
 * JSON.parse that keeps numbers which a double cannot hold as they are written, such as 19-digit
 * identifiers; JSON.stringify writes them so again.
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return (JSON as typeof JSON & RawJson).rawJSON(source);
  };
  return JSON.parse(text, revive);
}
