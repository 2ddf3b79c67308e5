import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The places a file can be in: it is in exactly one of them at any time. Absolute paths. */
export interface Folders {
  readonly home: string;
  readonly incoming: string;
  readonly work: string;
  readonly done: string;
  readonly failed: string;
}

export async function makeFolders(home: string): Promise<Folders> {
  const data = join(home, 'data');
  const folders: Folders = {
    home,
    incoming: join(data, 'incoming'),
    work: join(data, 'work'),
    done: join(data, 'done'),
    failed: join(data, 'failed'),
  };
  for (const folder of [folders.incoming, folders.work, folders.done, folders.failed]) {
    await mkdir(folder, { recursive: true });
  }
  return folders;
}
