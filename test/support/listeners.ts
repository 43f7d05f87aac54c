import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTENING = '0A';

/** The addresses, `hex IP:hex port`, on which a process of Linux listens for TCP. */
export async function listenersOf(pid: number): Promise<string[]> {
  const own = await socketsOf(pid);
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')),
  );
  return tables.flatMap((table) =>
    table.split('\n').flatMap((line) => {
      const [, address, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (address === undefined || state !== LISTENING || !own.has(inode ?? '')) return [];
      return [address];
    }),
  );
}

async function socketsOf(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map(async (fd) => {
      try {
        return await readlink(`${folder}/${fd}`);
      } catch (error) {
        // Closed since the folder was read.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
        throw error;
      }
    }),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
