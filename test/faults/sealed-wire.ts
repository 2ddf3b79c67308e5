/** Sealed requests on raw connections, for what no HTTP client would send. */
import { type Opened, open, type Sealed } from '../server/sealed.ts';
import type { Wire } from '../server/wire.ts';

/** The header fields as lines; no length among them. */
export function headLines({ fields }: Pick<Sealed, 'fields'>): string[] {
  return ['Host: test', ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)];
}

/** The answer on a connection that was closed, opened as a client does. */
export async function openAnswer<T>(sealed: Sealed, wire: Wire): Promise<Opened<T>> {
  const { status, text } = await wire.answer();
  const at = text.indexOf('\r\n\r\n') + 4;
  const lines = text.slice(0, at).split('\r\n').slice(1, -2);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return open<T>(sealed, { status, headers, bytes: Buffer.from(text.slice(at), 'latin1') });
}
