import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Table } from '../aws/table.ts';
import { INDEXES, type IndexName } from '../aws/table-schema.ts';
import { ValidationException } from '../protocol/errors.ts';
import { oneOf, text, timestamp, whole } from '../protocol/shape.ts';
import { creationSortKey, LATEST, type NamedRecord } from './named-record.ts';

const NAME_CONTAINS = '[a-zA-Z0-9-]+';
/** How many items one page may look at before it answers with what it has and a NextToken. */
const MOST_EVALUATED = 5_000;

/** Members that every List operation takes (reference section 1.7). */
export const listMembers = {
  NextToken: text({ max: 8192, pattern: '.*' }).optional(),
  MaxResults: whole({ min: 1, max: 100 }).optional(),
  SortOrder: oneOf(['Ascending', 'Descending']).optional(),
  NameContains: text({ max: 63, pattern: NAME_CONTAINS }).optional(),
  CreationTimeBefore: timestamp().optional(),
  CreationTimeAfter: timestamp().optional(),
};

/** Further members of the lists whose items have a status. */
export const statusListMembers = {
  ...listMembers,
  SortBy: oneOf(['Name', 'CreationTime', 'Status']).optional(),
  LastModifiedTimeBefore: timestamp().optional(),
  LastModifiedTimeAfter: timestamp().optional(),
};

export const sortByNameOrTime = oneOf(['Name', 'CreationTime']).optional();

type ListInput = {
  [K in keyof typeof listMembers]?: z.infer<(typeof listMembers)[K]>;
} & {
  SortBy?: 'Name' | 'CreationTime' | 'Status' | undefined;
  StatusEquals?: string | undefined;
  LastModifiedTimeBefore?: number | undefined;
  LastModifiedTimeAfter?: number | undefined;
};

/** What the indexes hold of a record (SUMMARY in the table's schema). */
export interface Summary {
  name: string;
  creationTime: number;
  status?: string;
  lastModifiedTime?: number;
  endTime?: number;
  failureReason?: string;
}

type IndexKey = Record<string, string>;
type IndexedItem = Summary & IndexKey;

const INDEX_OF = { Name: 'byName', CreationTime: 'byCreation', Status: 'byStatus' } as const;

/**
 * One page by a query on an index: its cost does not grow with the number of records. The token
 * holds a place in the order, not a count, so items that come and go neither double nor hide others.
 * @throws ValidationException for a token that this listing did not give
 */
export async function listRecords(
  table: Table,
  kind: NamedRecord['kind'],
  input: ListInput,
): Promise<{ summaries: Summary[]; NextToken?: string }> {
  if (isEmptySpan(input)) return { summaries: [] };
  const index = INDEX_OF[input.SortBy ?? 'CreationTime'];
  const wanted = input.MaxResults ?? 10;
  const listing = listingId(kind, input);
  const condition = keyCondition(kind, index, input);
  const filter = filterOf(input);
  // Not by DynamoDB: the name is a key of the index by name, and no filter may look at a key.
  const hasName = ({ name }: IndexedItem) => name.includes(input.NameContains ?? '');
  const isFiltered = filter !== undefined || input.NameContains !== undefined;
  const found: IndexedItem[] = [];
  let start =
    input.NextToken === undefined ? undefined : openToken(input.NextToken, listing, index);
  let evaluated = 0;

  while (found.length <= wanted) {
    const page = await table
      .query({
        IndexName: index,
        ScanIndexForward: input.SortOrder === 'Ascending',
        ...withFilter(condition, filter),
        ExclusiveStartKey: start,
        Limit: isFiltered ? 1_000 : wanted + 1,
      })
      .catch((error: unknown) => {
        throw input.NextToken !== undefined && isRefusedKey(error) ? invalidToken() : error;
      });
    found.push(...((page.Items ?? []) as IndexedItem[]).filter(hasName));
    evaluated += page.ScannedCount ?? 0;
    start = page.LastEvaluatedKey as IndexKey | undefined;
    if (start === undefined || evaluated >= MOST_EVALUATED) break;
  }

  const page = found.slice(0, wanted);
  const last = page.at(-1);
  const next = found.length > wanted && last !== undefined ? keyIn(index, last) : start;
  if (next === undefined) return { summaries: page };
  return { summaries: page, NextToken: makeToken(next, listing) };
}

/** DynamoDB refuses a BETWEEN whose bounds are the wrong way round. */
function isEmptySpan({ CreationTimeAfter = 0, CreationTimeBefore }: ListInput): boolean {
  if (CreationTimeBefore === undefined) return false;
  return epochMs(CreationTimeAfter) >= epochMs(CreationTimeBefore);
}

/** Whole, since records have whole ones, and within what they can have, and DynamoDB can hold. */
function epochMs(seconds: number): number {
  return Math.min(LATEST, Math.max(0, Math.ceil(seconds * 1000)));
}

interface Condition {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

function keyCondition(kind: string, index: IndexName, input: ListInput): Condition {
  const names: Record<string, string> = { '#kind': 'kind' };
  const values: Record<string, unknown> = { ':kind': kind };
  if (index !== 'byCreation') return { expression: '#kind = :kind', names, values };
  const from = input.CreationTimeAfter ?? 0;
  values[':from'] = creationSortKey(epochMs(from));
  // The keys of the bound's own millisecond go on behind it, with their names: "before" excludes them.
  values[':to'] =
    input.CreationTimeBefore === undefined
      ? '~'
      : creationSortKey(epochMs(input.CreationTimeBefore));
  names['#created'] = INDEXES.byCreation;
  return { expression: '#kind = :kind AND #created BETWEEN :from AND :to', names, values };
}

function filterOf(input: ListInput): Condition | undefined {
  const tests: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const test = (attribute: string, text: string, value: unknown) => {
    if (value === undefined) return;
    const position = tests.length;
    names[`#f${position}`] = attribute;
    values[`:f${position}`] = value;
    tests.push(text.replace('#', `#f${position}`).replace(':', `:f${position}`));
  };
  const ms = (time: number | undefined) => (time === undefined ? undefined : epochMs(time));
  test('status', '# = :', input.StatusEquals);
  test('lastModifiedTime', '# < :', ms(input.LastModifiedTimeBefore));
  test('lastModifiedTime', '# >= :', ms(input.LastModifiedTimeAfter));
  if (input.SortBy !== undefined && input.SortBy !== 'CreationTime') {
    test('creationTime', '# < :', ms(input.CreationTimeBefore));
    test('creationTime', '# >= :', ms(input.CreationTimeAfter));
  }
  return tests.length === 0 ? undefined : { expression: tests.join(' AND '), names, values };
}

function withFilter(condition: Condition, filter: Condition | undefined) {
  return {
    KeyConditionExpression: condition.expression,
    FilterExpression: filter?.expression,
    ExpressionAttributeNames: { ...condition.names, ...filter?.names },
    ExpressionAttributeValues: { ...condition.values, ...filter?.values },
  };
}

function keyIn(index: IndexName, item: IndexedItem): IndexKey {
  return Object.fromEntries(keyAttributes(index).map((name) => [name, String(item[name])]));
}

function keyAttributes(index: IndexName): string[] {
  return ['pk', 'sk', 'kind', INDEXES[index]];
}

/** A token belongs to one listing: the same order and the same filters. */
function listingId(kind: string, input: ListInput): string {
  const { NextToken: _token, MaxResults: _max, ...rest } = input;
  const parts = Object.entries(rest).filter(([, value]) => value !== undefined);
  return createHash('sha256')
    .update(JSON.stringify([kind, ...parts.sort()]))
    .digest('base64url')
    .slice(0, 12);
}

function makeToken(key: IndexKey, listing: string): string {
  return Buffer.from(JSON.stringify([listing, key])).toString('base64url');
}

function openToken(token: string, listing: string, index: IndexName): IndexKey {
  try {
    const [of, key] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [string, IndexKey];
    if (of === listing && keyAttributes(index).every((name) => typeof key[name] === 'string')) {
      return key;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw invalidToken();
}

/** DynamoDB will not begin at the key: the token was tampered with, for our queries are well-formed. */
function isRefusedKey(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

function invalidToken(): ValidationException {
  return new ValidationException(
    `Invalid pagination token because "it does not belong to this listing". ` +
      'Send the NextToken of the last answer with the same filters and order, or none to begin again.',
  );
}

/** Every name of a kind, by queries on an index. */
export async function* allNames(
  table: Table,
  kind: NamedRecord['kind'] | 'deployment',
): AsyncGenerator<string> {
  let start: IndexKey | undefined;
  do {
    const page = await table.query({
      IndexName: 'byCreation',
      KeyConditionExpression: '#kind = :kind',
      ExpressionAttributeNames: { '#kind': 'kind' },
      ExpressionAttributeValues: { ':kind': kind },
      ExclusiveStartKey: start,
    });
    for (const { name } of (page.Items ?? []) as IndexedItem[]) yield name;
    start = page.LastEvaluatedKey as IndexKey | undefined;
  } while (start !== undefined);
}

/** Every name of a kind in one status, by queries on an index. */
export async function* namesWithStatus(
  table: Table,
  kind: NamedRecord['kind'],
  status: string,
): AsyncGenerator<string> {
  let start: IndexKey | undefined;
  do {
    const page = await table.query({
      IndexName: 'byStatus',
      KeyConditionExpression: '#kind = :kind AND begins_with(#status, :status)',
      ExpressionAttributeNames: { '#kind': 'kind', '#status': INDEXES.byStatus },
      ExpressionAttributeValues: { ':kind': kind, ':status': `${status}#` },
      ExclusiveStartKey: start,
    });
    for (const { name } of (page.Items ?? []) as IndexedItem[]) yield name;
    start = page.LastEvaluatedKey as IndexKey | undefined;
  } while (start !== undefined);
}
