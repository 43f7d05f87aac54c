import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

/** A folder as a tar. The same files give the same bytes: no times, no owners. */
export async function packFolder(folder: string): Promise<Buffer> {
  const tar = pack();
  const packed = buffer(tar);
  const names = await readdir(folder, { recursive: true });
  for (const name of names.sort()) {
    const path = join(folder, name);
    const found = await stat(path);
    const mtime = new Date(0);
    if (found.isDirectory()) tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755, mtime });
    else tar.entry({ name, mode: found.mode & 0o755, mtime }, await readFile(path));
  }
  tar.finalize();
  return await packed;
}
