import { open } from 'node:fs/promises';
import { sniffContent, type Told } from '../csv/sniff/content.ts';
import type { SniffTable } from '../csv/sniff/fit.ts';
import type { Dialect } from '../model/dialect.ts';
import type { Table } from '../model/table.ts';

export interface SniffFileRequest {
  readonly file: string;
  readonly dialect?: Partial<Dialect>;
  readonly onSniffed?: (told: Told) => void;
}

/** The dialect of a file as a load finds it, a member to spread; none where it is what is declared. */
export async function sniffedDialect(
  { file, dialect, onSniffed }: SniffFileRequest,
  table: Table,
): Promise<{ dialect?: Dialect }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const readAt = async (position: number, buffer: Uint8Array): Promise<number> => {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      return bytesRead;
    };
    const declared = dialect === undefined ? {} : { declared: dialect };
    const told =
      size === 0 ? null : await sniffContent({ size, readAt }, { table: settled(table), ...declared });
    if (told === null) return {};
    onSniffed?.(told);
    return told.found ? { dialect: told.dialect } : {};
  } finally {
    await handle.close();
  }
}

/** What a schema says of a column is not asked of the data. */
function settled(table: Table): SniffTable {
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column, settled: column.read !== undefined })),
  };
}
