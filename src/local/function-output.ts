type Write = NodeJS.WriteStream['write'];

/**
 * Takes from what the functions print the lines that are for CloudWatch, and lets the rest through. A
 * function prints such lines whole, and in a write of their own.
 * @param take answers whether the text is taken
 * @returns what gives the stream back as it was
 */
export function takeOutput(
  stream: Pick<NodeJS.WriteStream, 'write'>,
  take: (text: string) => boolean,
): () => void {
  const own = stream.write;
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (typeof chunk === 'string' && take(chunk)) return true;
    return Reflect.apply(own, stream, [chunk, ...rest]);
  };
  stream.write = write as Write;
  return () => {
    stream.write = own;
  };
}
