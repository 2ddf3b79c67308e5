import { connect, createServer, type Socket } from 'node:net';

/** `there`: what was to be passed on is not. `back`: it is passed on, and what comes back is not. */
export type Cut = 'there' | 'back' | null;

/** A TCP proxy that cuts connections at chosen moments, both ends at once. */
export interface CutProxy extends AsyncDisposable {
  readonly port: number;
  readonly cuts: { there: number; back: number };
}

/** `decide`: asked of each piece that the near end sends, which of the connection's ends are to see no more. */
export async function startCutProxy(
  target: { readonly host: string; readonly port: number },
  decide: (piece: Buffer) => Cut,
): Promise<CutProxy> {
  const cuts = { there: 0, back: 0 };
  const open = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(target);
    let isCut = false;
    const end = () => {
      near.destroy();
      far.destroy();
      open.delete(near);
    };
    open.add(near);
    near.on('error', end).on('close', end);
    far.on('error', end).on('close', end);
    near.on('data', (piece: Buffer) => {
      const cut = isCut ? null : decide(piece);
      if (cut !== null) cuts[cut] += 1;
      if (cut === 'there') return end();
      isCut ||= cut === 'back';
      far.write(piece);
    });
    far.on('data', (piece: Buffer) => {
      if (isCut) end();
      else near.write(piece);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    port: address.port,
    cuts,
    [Symbol.asyncDispose]: async () => {
      for (const near of open) near.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** COMMIT as PostgreSQL's simple query and as MySQL's COM_QUERY, each a message of its own. */
const COMMITS = [Buffer.from('Q\0\0\0\x0bCOMMIT\0'), Buffer.from('\x07\0\0\0\x03COMMIT')];

export const isCommit = (piece: Buffer): boolean => COMMITS.some((commit) => piece.includes(commit));
