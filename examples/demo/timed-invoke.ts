import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';

export interface TimedAnswer {
  text: string;
  /** Milliseconds by stage, and of the router itself, from the Server-Timing header. */
  timing: { name: string; ms: number }[];
}

/** InvokeEndpoint, with the header that the SDK itself does not show. */
export async function timedInvoke(
  client: SageMakerRuntimeClient,
  input: InvokeEndpointCommandInput,
): Promise<TimedAnswer> {
  const command = new InvokeEndpointCommand(input);
  let header = '';
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers: Record<string, string> };
      header = headers['server-timing'] ?? '';
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  const { Body } = await client.send(command);
  const timing = header.split(', ').map((entry) => {
    const [name = '', duration = ''] = entry.split(';dur=');
    return { name, ms: Number(duration) };
  });
  return { text: Buffer.from(Body ?? []).toString('utf8'), timing };
}
