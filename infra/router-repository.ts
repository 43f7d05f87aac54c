import type { Resource } from './resource.ts';

export const ROUTER_REPOSITORY = 'RouterRepository';

export function repositoryOf(stack: string): string {
  return `${stack}/router`;
}

/**
 * Where the router's images lie. None ever expires: a task of an endpoint that was created long ago may
 * start again tomorrow, and pulls the image that it was made with.
 */
export function routerRepository(stack: string): Resource {
  return {
    Type: 'AWS::ECR::Repository',
    Properties: {
      RepositoryName: repositoryOf(stack),
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      EncryptionConfiguration: { EncryptionType: 'AES256' },
      EmptyOnDelete: true,
    },
  };
}
