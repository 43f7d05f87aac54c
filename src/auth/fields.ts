import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { signatureMismatch } from './refusal.ts';

/** A request's header fields, by name in lower case. */
export class Fields {
  readonly #values = new Map<string, string[]>();

  constructor({ headers, multiValueHeaders }: GatewayEvent) {
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

  /**
   * undefined: there is none.
   * @throws Refusal when there are several: which of them was signed, and which is acted on?
   */
  one(name: string): string | undefined {
    const values = this.#values.get(name);
    if (values === undefined) return undefined;
    if (values.length === 1) return values[0];
    throw signatureMismatch();
  }
}
