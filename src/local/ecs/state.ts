import { type Change, Journal } from './journal.ts';
import type {
  ClusterRecord,
  ServiceRecord,
  TaskDefinitionRecord,
  TaskRecord,
  TokenRecord,
} from './records.ts';

/** Records by id. A record is never changed in place: `put` replaces it and writes it down. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #persist: (id: string, row: Row | null) => void;

  constructor(persist: (id: string, row: Row | null) => void) {
    this.#persist = persist;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  entries(): Iterable<[string, Row]> {
    return this.#rows.entries();
  }

  put(id: string, row: Row): void {
    this.#rows.set(id, row);
    this.#persist(id, row);
  }

  delete(id: string): void {
    if (this.#rows.delete(id)) this.#persist(id, null);
  }

  /** Takes over a row that is written down already. */
  load(id: string, row: Row | null): void {
    if (row === null) this.#rows.delete(id);
    else this.#rows.set(id, row);
  }
}

/** All that the stand-in knows, in memory and, with a file, on disk. */
export class State {
  readonly clusters: Table<ClusterRecord>;
  /** By ARN, as the others; tasks by id; family revisions count on after deletion. */
  readonly taskDefinitions: Table<TaskDefinitionRecord>;
  readonly revisions: Table<number>;
  readonly services: Table<ServiceRecord>;
  readonly tasks: Table<TaskRecord>;
  readonly tokens: Table<TokenRecord>;
  readonly #tables = new Map<string, Table<unknown>>();

  /** Without a file nothing is kept. Throws when the file is damaged or cannot be written. */
  constructor(file?: string) {
    const journal =
      file === undefined ? undefined : new Journal(file, () => changesOf(this.#tables));
    const table = <Row>(name: string): Table<Row> => {
      const made = new Table<Row>((id, row) => journal?.append([name, id, row]));
      this.#tables.set(name, made as Table<unknown>);
      return made;
    };
    this.clusters = table('cluster');
    this.taskDefinitions = table('taskDefinition');
    this.revisions = table('revision');
    this.services = table('service');
    this.tasks = table('task');
    this.tokens = table('token');
    for (const [name, id, row] of journal?.read() ?? []) this.#tables.get(name)?.load(id, row);
    journal?.rewrite();
  }
}

function* changesOf(tables: Map<string, Table<unknown>>): Iterable<Change> {
  for (const [name, table] of tables) {
    for (const [id, row] of table.entries()) yield [name, id, row];
  }
}
