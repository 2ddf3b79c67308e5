/** `node bench/sniff-once.ts FILE DATABASE TABLE`: milliseconds that it takes to find the dialect of the file. */
import { open } from 'node:fs/promises';
import { sniffContent } from '../src/csv/sniff/content.ts';
import { openDatabase } from '../src/database/open.ts';

const [path = '', database = '', name = ''] = process.argv.slice(2);
const connection = await openDatabase(`sqlite:${database}`, { readOnly: true });
const table = (await connection.introspect()).find((each) => each.name === name);
await connection.close();
if (table === undefined) throw new Error(`${database} has no table ${name}`);
const file = await open(path);
const { size } = await file.stat();
const readAt = async (position: number, buffer: Uint8Array): Promise<number> =>
  (await file.read(buffer, 0, buffer.length, position)).bytesRead;
const columns = table.columns.map((column) => ({ ...column, settled: false }));
const started = performance.now();
await sniffContent({ size, readAt }, { table: { ...table, columns } });
const milliseconds = performance.now() - started;
await file.close();
process.stdout.write(String(milliseconds));
