import { randomBytes } from 'node:crypto';

/** ARNs as ECS words them (the long format). */
export class Arns {
  readonly #prefix: string;

  constructor(region: string, account: string) {
    this.#prefix = `arn:aws:ecs:${region}:${account}`;
  }

  cluster(name: string): string {
    return `${this.#prefix}:cluster/${name}`;
  }

  service(cluster: string, name: string): string {
    return `${this.#prefix}:service/${cluster}/${name}`;
  }

  task(cluster: string, id: string): string {
    return `${this.#prefix}:task/${cluster}/${id}`;
  }

  container(cluster: string, task: string): string {
    return `${this.#prefix}:container/${cluster}/${task}/${crypto.randomUUID()}`;
  }

  taskDefinition(family: string, revision: number): string {
    return `${this.#prefix}:task-definition/${family}:${revision}`;
  }
}

/** `name` of a name or an ARN that ends in `/name`. */
export function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}

/** 32 hexadecimal digits, as ECS gives its tasks. */
export function newTaskId(): string {
  return randomBytes(16).toString('hex');
}

/** `ecs-svc/` and 19 digits: the id of a deployment, and `startedBy` of its tasks. */
export function newDeploymentId(): string {
  const digits = randomBytes(8).readBigUInt64BE() % 9_000_000_000_000_000_000n;
  return `ecs-svc/${digits + 1_000_000_000_000_000_000n}`;
}
