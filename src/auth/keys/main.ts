import { SSMClient, SSMServiceException } from '@aws-sdk/client-ssm';
import { type CommandLine, parseCommandLine, UsageError } from './command-line.ts';
import { KeyStore } from './key-store.ts';
import { runCommand } from './run-command.ts';
import { tell } from './tell.ts';

const HELP = `Access keys of a stack: npm run keys -- <command> …

  create --name ci --allow invoke --endpoints 'abalone-*'
                          makes a key and shows its secret, this once
  list                    shows every key, without its secret
  rotate --name ci        makes another key of the same name and rights; the old one goes on for
                          --overlap 24h (30m, 7d; 0m ends it at once)
  revoke --name ci        ends every key of that name, within 60 seconds
  revoke HRAK…            ends one key
  revoke --all            ends all of them

Rights (--allow, one or more, divided by commas):
  admin    everything
  read     describe and list
  invoke   invoke endpoints; --endpoints takes names of endpoints, divided by commas, in which * stands
           for any characters. Without it: all endpoints

Where the stack is:
  --stage prod            the stack headrace-prod; without it headrace-dev. --stack takes a whole name
  --region eu-west-1      as for any AWS client, which also says with whose rights this runs
  --local                 the stack on this machine: HEADRACE_AUTH=keys npm start
  --endpoint-url <url>    another place of SSM Parameter Store

  --json                  prints JSON, for npm run --silent keys -- …

More: docs/sign-in.md
`;

async function main(args: string[]): Promise<void> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(HELP);
    return;
  }
  const line = parseCommandLine(args, process.env);
  const store = new KeyStore(clientFor(line), line.stack);
  const outcome = await runCommand(line, store, Date.now());
  console.log(line.json ? JSON.stringify(outcome) : tell(outcome, line.stack));
}

function clientFor({ endpoint, region }: CommandLine): SSMClient {
  const isLoopback = endpoint !== undefined && /^http:\/\/(127\.|localhost)/.test(endpoint);
  return new SSMClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(isLoopback && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  });
}

/** One line: what went wrong, and what to do. */
function complaintOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} --help tells more.`;
  if (error instanceof SSMServiceException) {
    return `SSM Parameter Store refused: ${error.name}: ${error.message}`;
  }
  const { code, message } = error as { code?: string; message: string };
  if (message.includes('Region is missing')) return 'Say in which region the stack is: --region.';
  if ((error as Error).name === 'CredentialsProviderError') {
    return `${message}. Sign in to AWS; for the stack on this machine, add --local.`;
  }
  if (code === 'ECONNREFUSED') {
    return 'Nothing listens there. Start the stack on this machine with HEADRACE_AUTH=keys npm start.';
  }
  return message;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`keys: ${complaintOf(error)}`);
  process.exitCode = 1;
}
