import { describe } from 'vitest';
import { run, withoutAwsSettings } from './command.ts';

/**
 * A `describe` for a client that need not be on every machine: its tests are skipped, with the reason
 * in their name and on stderr, where `probe` does not succeed. With HEADRACE_REQUIRE_CLIENTS=true (CI sets it) they
 * run, and fail, all the same.
 * @param probe a command that ends with 0 when the client is installed
 */
export async function describeWith(
  client: string,
  probe: [program: string, ...args: string[]],
  tests: () => void,
): Promise<void> {
  const isRequired = process.env.HEADRACE_REQUIRE_CLIENTS === 'true';
  if (isRequired || (await succeeds(probe))) describe(client, tests);
  else {
    const reason = `${client} is not installed: "${probe.join(' ')}" fails`;
    // The reporter names no skipped test.
    console.warn(`skipped: ${reason}`);
    describe.skip(reason, tests);
  }
}

async function succeeds([program, ...args]: [string, ...string[]]): Promise<boolean> {
  try {
    return (await run(program, args, withoutAwsSettings())).code === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
