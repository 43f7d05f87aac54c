import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { signatureMismatch } from './refusal.ts';

/** A request's header fields, by name in lower case. */
export class Fields {
  readonly #values = new Map<string, string[]>();

  constructor({ headers, multiValueHeaders }: Pick<GatewayEvent, 'headers' | 'multiValueHeaders'>) {
    for (const [name, values] of Object.entries(multiValueHeaders ?? headers ?? {})) {
      if (values === undefined) continue;
      const key = name.toLowerCase();
      this.#values.set(key, (this.#values.get(key) ?? []).concat(values));
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  names(): string[] {
    return [...this.#values.keys()];
  }

  /** For what API Gateway keeps to itself. It changes nothing that is there. */
  add(name: string, value: string): void {
    if (!this.#values.has(name)) this.#values.set(name, [value]);
  }

  /** undefined: there is none, or several. */
  only(name: string): string | undefined {
    const values = this.#values.get(name);
    return values?.length === 1 ? values[0] : undefined;
  }

  /**
   * undefined: there is none.
   * @throws Refusal when there are several: which of them was signed, and which is acted on?
   */
  one(name: string): string | undefined {
    if (this.has(name) && this.only(name) === undefined) throw signatureMismatch();
    return this.only(name);
  }
}
