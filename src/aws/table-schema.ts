/** The one table: its keys and indexes. The stack's template and the local stack both make it so. */
export const INDEXES = {
  byName: 'name',
  byCreation: 'created',
  byStatus: 'statusAndName',
} as const;

export type IndexName = keyof typeof INDEXES;

/** What lists and the sweep read; everything else stays out of the indexes. */
const SUMMARY = [
  'name',
  'status',
  'creationTime',
  'lastModifiedTime',
  'endTime',
  'failureReason',
] as const;

const string = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' as const });
const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' as const });

export const TABLE_SCHEMA = {
  KeySchema: [hash('pk'), range('sk')],
  AttributeDefinitions: ['pk', 'sk', 'kind', ...Object.values(INDEXES)].map(string),
  GlobalSecondaryIndexes: Object.entries(INDEXES).map(([IndexName, key]) => ({
    IndexName,
    KeySchema: [hash('kind'), range(key)],
    Projection: {
      ProjectionType: 'INCLUDE' as const,
      NonKeyAttributes: SUMMARY.filter((attribute) => attribute !== key),
    },
  })),
  BillingMode: 'PAY_PER_REQUEST' as const,
};
