import type { ContainerDefinition } from '../models/container-definition.ts';

/** What the loader fetches for a stage; the loader's own words. */
export interface ModelSource {
  uri: string;
  kind: 'S3Object' | 'S3Prefix';
  compression: 'None' | 'Gzip';
}

/** ModelDataUrl is a gzip tar; ModelDataSource says itself what it is (reference section 2.2). */
export function modelSources(container: ContainerDefinition): ModelSource[] {
  if (container.ModelDataUrl !== undefined) {
    return [{ uri: container.ModelDataUrl, kind: 'S3Object', compression: 'Gzip' }];
  }
  const source = container.ModelDataSource?.S3DataSource;
  if (source === undefined) return [];
  return [{ uri: source.S3Uri, kind: source.S3DataType, compression: source.CompressionType }];
}
