import { TABLE_SCHEMA } from '../src/aws/table-schema.ts';
import type { Resources } from './resource.ts';

/** The schema that the code reads and writes by; on AWS it is kept safe as well. */
export const table: Resources = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    // `remove` deletes it, and DynamoDB keeps a backup for 35 days. A change that needs another table does not.
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      ...TABLE_SCHEMA,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    },
  },
};
