/** SageMaker's data log (reference section 2.9): `2023-03-29T13:16:50.587:[sagemaker logs]: …`. */
export interface DataLog {
  job(text: string): void;
  object(bucket: string, key: string, lines: readonly string[]): void;
}

export function createDataLog(print: (line: string) => void, now: () => number): DataLog {
  const line = (text: string) => {
    const time = new Date(now()).toISOString().replace('Z', '');
    print(`${time}:[sagemaker logs]: ${text}`);
  };
  return {
    job: line,
    object: (bucket, key, lines) => {
      for (const text of lines) line(`${bucket}/${key}: ${text}`);
    },
  };
}
