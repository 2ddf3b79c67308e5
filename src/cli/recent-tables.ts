import type { CountedTable, Rowferry } from '../client/client.ts';

/** An answer this old is asked for again. Milliseconds. */
const RECENT_MS = 1000;

interface Known {
  /** When it was asked for. */
  readonly at: number;
  readonly tables: readonly CountedTable[];
}

/** The dictionary for one small file after the other: asked for once a second, not twice for each of them. */
export class RecentTables {
  readonly #client: Pick<Rowferry, 'tables'>;
  #known: Known | null = null;

  constructor(client: Pick<Rowferry, 'tables'>) {
    this.#client = client;
  }

  async tables(how: 'now' | 'recent'): Promise<readonly CountedTable[]> {
    const recent = how === 'recent' ? this.#recent() : null;
    if (recent !== null) return recent;
    const at = performance.now();
    const tables = await this.#client.tables();
    this.#known = { at, tables };
    return tables;
  }

  /** The rules of one where they are at hand, a member to spread; who needs others asks the server. */
  rulesOf(name: string): { readonly rules?: CountedTable } {
    const rules = this.#recent()?.find((table) => table.name === name);
    return rules === undefined ? {} : { rules };
  }

  #recent(): readonly CountedTable[] | null {
    const isRecent = this.#known !== null && performance.now() - this.#known.at < RECENT_MS;
    return isRecent ? (this.#known?.tables ?? null) : null;
  }
}
