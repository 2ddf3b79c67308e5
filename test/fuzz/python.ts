import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Dialect } from '../../src/model/dialect.ts';

export interface PythonCsv extends AsyncDisposable {
  /** The rows that Python's csv module reads; an empty one for each blank line. */
  rowsOf(text: string, dialect: Dialect): Promise<string[][]>;
}

/** One process that is asked many times. */
export function startPython(): PythonCsv {
  const child = spawn('python3', [join(import.meta.dirname, 'python_csv.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    async rowsOf(text, dialect) {
      child.stdin.write(`${JSON.stringify({ text, dialect: asPython(dialect) })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('python3 has ended');
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

function asPython({ delimiter, quoteChar, doubleQuote, escapeChar, skipInitialSpace }: Dialect) {
  return {
    delimiter,
    quotechar: quoteChar,
    doublequote: doubleQuote,
    escapechar: escapeChar,
    skipinitialspace: skipInitialSpace,
  };
}
