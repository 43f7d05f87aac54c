import { AwsError } from '../logs/index.ts';
import { lastPart } from './arns.ts';
import type { Ecs } from './ecs.ts';
import type { Tag } from './records.ts';
import type { Table } from './state.ts';

export interface Tagged {
  readonly tags: readonly Tag[];
  setTags(tags: readonly Tag[]): void;
}

/** The tags of the cluster, service, task or task definition with this ARN. InvalidParameterException. */
export function requireTagged(ecs: Ecs, arn: string): Tagged {
  const { clusters, services, taskDefinitions, tasks } = ecs.state;
  const found =
    taggedIn(clusters, arn) ??
    taggedIn(services, arn) ??
    taggedIn(taskDefinitions, arn) ??
    taggedIn(tasks, lastPart(arn));
  if (found === undefined) {
    throw new AwsError(
      'InvalidParameterException',
      `The specified resource ${arn} is inactive or does not exist.`,
    );
  }
  return found;
}

function taggedIn<Row extends { readonly tags: readonly Tag[] }>(
  table: Table<Row>,
  id: string,
): Tagged | undefined {
  const row = table.get(id);
  return row && { tags: row.tags, setTags: (tags) => table.put(id, { ...row, tags }) };
}
