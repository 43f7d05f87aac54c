import { resolve } from 'node:path';

/** What `npm start` reads from the environment. A port of 0 takes a free one. */
export interface Settings {
  ports: { gateway: number; s3: number; dynamodb: number; ecs: number };
  dataDir: string;
  /** The image with Node that the router's image is built on, where tasks run in an engine. */
  nodeImage: string;
  /** Whether CreateModel refuses an image of a pipeline without SageMaker's label, or only warns. */
  bindToPortLabel: 'require' | 'warn';
  /** Whether requests must be signed with one of the stack's access keys. */
  auth: 'keys' | 'none';
  /** The folder in which the user typed the command: relative paths count from it. */
  startedIn: string;
}

/** Node 24 for every architecture, the smallest that is official. */
export const NODE_IMAGE = 'node:24-alpine';

const PORTS = {
  gateway: ['HEADRACE_PORT', 4680],
  s3: ['HEADRACE_S3_PORT', 4681],
  dynamodb: ['HEADRACE_DYNAMODB_PORT', 4682],
  ecs: ['HEADRACE_ECS_PORT', 4683],
} as const;

export type Server = keyof typeof PORTS;

/** The one-line errors that a person at a terminal is to read. */
export class StartError extends Error {
  override name = 'StartError';
}

/** @throws StartError that names the variable and what it may be */
export function parseSettings(variables: Record<string, string | undefined>): Settings {
  const port = (server: Server) => {
    const [name, otherwise] = PORTS[server];
    const value = variables[name];
    if (value === undefined || value === '') return otherwise;
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
    throw new StartError(`${name} is "${value}"; it must be a port, 0 to 65535.`);
  };
  // npm moves to the folder of package.json, and says here where it came from.
  const startedIn = variables.INIT_CWD ?? process.cwd();
  return {
    ports: {
      gateway: port('gateway'),
      s3: port('s3'),
      dynamodb: port('dynamodb'),
      ecs: port('ecs'),
    },
    nodeImage: variables.HEADRACE_NODE_IMAGE || NODE_IMAGE,
    bindToPortLabel: oneOf(variables, 'HEADRACE_BIND_TO_PORT_LABEL', ['require', 'warn']),
    auth: oneOf(variables, 'HEADRACE_AUTH', ['none', 'keys']),
    dataDir: resolve(startedIn, variables.HEADRACE_DATA_DIR || '.headrace'),
    startedIn,
  };
}

/** The first choice is the default. */
function oneOf<Choice extends string>(
  variables: Record<string, string | undefined>,
  name: string,
  choices: [Choice, Choice],
): Choice {
  const value = variables[name] || choices[0];
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw new StartError(`${name} is "${value}"; it must be ${choices.join(', or ')}.`);
}

/** Makes of a port that is taken a line that says which setting to change. */
export async function listening<T>(server: Server, port: number, start: () => Promise<T>) {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    const [name] = PORTS[server];
    throw new StartError(
      `port ${port} (${server}) is in use. Stop what uses it, such as another headrace, or set ${name} to another port; 0 takes a free one.`,
    );
  }
}
