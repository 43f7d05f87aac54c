import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A model.tar.gz that holds one JSON file. The same content gives the same bytes: no times, no owners. */
export async function packModel(file: string, content: unknown): Promise<Buffer> {
  const tar = pack();
  tar.entry(
    { name: file, mtime: new Date(0), mode: 0o644 },
    `${JSON.stringify(content, null, 2)}\n`,
  );
  tar.finalize();
  return gzipSync(await buffer(tar), { level: 9 });
}
