/** Model data that cannot be loaded as it is. The message names it and the way out. */
export class LoadError extends Error {
  override name = 'LoadError';
}

const MAX_DETAIL = 300;

/** What the caller is told about a failure at `uri`, whatever kind of error it was. */
export function toLoadError(error: unknown, uri: string): LoadError {
  if (error instanceof LoadError) return error;
  const { name, code, message } = asError(error);

  switch (code ?? name) {
    case 'NoSuchKey':
    case 'NoSuchBucket':
    case 'NotFound':
      return notFound(uri);
    case 'AccessDenied':
    case 'Forbidden':
      return new LoadError(
        `Could not access model data at ${uri}. Please ensure that the role given as the model's ExecutionRoleArn allows s3:GetObject on it and s3:ListBucket on its bucket.`,
      );
    case 'ENOSPC':
      return new LoadError(
        `There is no space left on the disk for the model data at ${uri}. Use an instance type with a larger volume, or smaller data.`,
      );
    case 'PermanentRedirect':
      return new LoadError(
        `Could not access model data at ${uri}: its bucket lies in another region. Copy it to a bucket in the endpoint's region.`,
      );
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return notATar(uri, message);
    default:
      return new LoadError(
        `Could not load model data at ${uri}: ${name}: ${message.slice(0, MAX_DETAIL)}`,
      );
  }
}

export function notFound(uri: string): LoadError {
  return new LoadError(
    `Could not find model data at ${uri}. Please ensure that it exists and lies in the endpoint's region, or correct the model's data URL.`,
  );
}

export function notATar(uri: string, detail: string): LoadError {
  return new LoadError(
    `Could not unpack model data at ${uri}: it is not a whole gzip-compressed tar archive (${detail.slice(0, MAX_DETAIL)}). Create it with "tar -czf", and upload it again.`,
  );
}

export function timedOut(uris: string, seconds: number): LoadError {
  return new LoadError(
    `Loading model data from ${uris} did not finish within ${seconds} s. Raise ModelDataDownloadTimeoutInSeconds, or make the data smaller.`,
  );
}

function asError(error: unknown): { name: string; code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { name: 'Error', code: undefined, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name: error.name, code, message: error.message };
}
