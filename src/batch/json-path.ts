/**
 * The JSONPath subset of SageMaker's DataProcessing (reference section 2.9): `$`, `.name`, `.*`,
 * `['a','b']`, `[n]`, `[n,m]`, negative indexes, `[a:b]`, `[a:]`, `[:b]`. What it selects is what the
 * library behind SageMaker's guide does: several names give an object of those members, a slice ends
 * before its end, and a path that can meet several values gives the list of them.
 */
export interface JsonPath {
  text: string;
  steps: Step[];
}

type Step =
  | { kind: 'names'; names: string[] }
  | { kind: 'all' }
  | { kind: 'indexes'; indexes: number[] }
  | { kind: 'slice'; from: number | undefined; to: number | undefined };

/** The path is not of the subset, or points at nothing. */
export class JsonPathError extends Error {
  override name = 'JsonPathError';
}

const NAME = /^\.([^.[\]'"*\s]+)/;
const ALL = /^(?:\.\*|\[\*\])/;
const NAMES = /^\[((?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\]/;
const SLICE = /^\[(-?\d+)?:(-?\d+)?\]/;
const INDEXES = /^\[(-?\d+(?:\s*,\s*-?\d+)*)\]/;

/** @throws JsonPathError that says where it breaks */
export function parseJsonPath(text: string): JsonPath {
  if (!text.startsWith('$')) throw new JsonPathError(`${text} does not begin with $`);
  const steps: Step[] = [];
  let rest = text.slice(1);
  while (rest !== '') {
    const [matched, step] = nextStep(rest);
    if (matched === undefined || step === undefined) {
      throw new JsonPathError(
        `${text} cannot be read from "${rest}" on; use .name, .*, ['a','b'], [n], [n,m] or [a:b]`,
      );
    }
    steps.push(step);
    rest = rest.slice(matched.length);
  }
  return { text, steps };
}

function nextStep(rest: string): [string?, Step?] {
  const all = ALL.exec(rest);
  if (all) return [all[0], { kind: 'all' }];
  const name = NAME.exec(rest);
  if (name) return [name[0], { kind: 'names', names: [name[1] ?? ''] }];
  const names = NAMES.exec(rest);
  if (names) {
    const quoted = names[1]?.match(/'[^']*'|"[^"]*"/g) ?? [];
    return [names[0], { kind: 'names', names: quoted.map((one) => one.slice(1, -1)) }];
  }
  const slice = SLICE.exec(rest);
  if (slice) {
    const [matched, from, to] = slice;
    const bound = (digits: string | undefined) =>
      digits === undefined ? undefined : Number(digits);
    return [matched, { kind: 'slice', from: bound(from), to: bound(to) }];
  }
  const indexes = INDEXES.exec(rest);
  if (indexes) {
    return [indexes[0], { kind: 'indexes', indexes: (indexes[1] ?? '').split(',').map(Number) }];
  }
  return [];
}

export function isWhole({ steps }: JsonPath): boolean {
  return steps.length === 0;
}

/** True when it selects columns of a row, which have no names. */
export function isForRows({ steps }: JsonPath): boolean {
  return steps.length === 0 || (steps.length === 1 && steps[0]?.kind !== 'names');
}

/** @throws JsonPathError when a definite path, or a listed index, points at nothing */
export function select(path: JsonPath, value: unknown): unknown {
  let found = [value];
  let isDefinite = true;
  for (const step of path.steps) {
    found = found.flatMap((one) => take(step, one, path, isDefinite));
    isDefinite &&= step.kind === 'names' || (step.kind === 'indexes' && step.indexes.length === 1);
  }
  return isDefinite ? found[0] : found;
}

function take(step: Step, value: unknown, { text }: JsonPath, isRequired: boolean): unknown[] {
  const missing = (what: string): unknown[] => {
    if (!isRequired) return [];
    throw new JsonPathError(`${text} finds no ${what}`);
  };
  switch (step.kind) {
    case 'names': {
      if (!isObject(value)) return missing(step.names.map((name) => `"${name}"`).join(', '));
      const members = step.names.filter((name) => Object.hasOwn(value, name));
      const [only] = step.names;
      if (step.names.length > 1 || only === undefined) {
        return [Object.fromEntries(members.map((name) => [name, value[name]]))];
      }
      return members.length === 1 ? [value[only]] : missing(`"${only}"`);
    }
    case 'all':
      if (Array.isArray(value)) return value;
      return isObject(value) ? Object.values(value) : missing('members');
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : missing('list');
    case 'indexes':
      if (!Array.isArray(value)) return missing('list');
      return step.indexes.flatMap((index) => {
        const at = index < 0 ? value.length + index : index;
        return at >= 0 && at < value.length
          ? [value[at]]
          : missing(`[${index}] among ${value.length}`);
      });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
