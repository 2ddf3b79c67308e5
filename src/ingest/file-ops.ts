import { RowferryError } from '../errors.ts';
import type { Preparer } from './prepare.ts';
import { type FilePart, PreparedFile, type PreparedFileRequest } from './prepared-file.ts';

/** What a lane of a thread that prepares a file works with. */
export interface FileContext {
  readonly preparer: Preparer;
  file: PreparedFile | null;
}

/** The operations of a thread that reads a file and prepares it part by part. */
export const FILE_OPS = {
  open: async (context: FileContext, request: PreparedFileRequest): Promise<void> => {
    context.file = await PreparedFile.open(request, context.preparer);
  },

  next: async ({ file }: FileContext, _: null): Promise<FilePart | null> => {
    if (file === null) throw new RowferryError('internal', 'no file is open');
    return file.next();
  },
};

export type FileOps = typeof FILE_OPS;
