/** Python's csv module on the same files, told the parameters: how true the rebuilt benchmark is. */
import { spawnSync } from 'node:child_process';
import type { Polluted } from './pollute.ts';

const SCRIPT = `
import csv, io, json, sys
csv.field_size_limit(1 << 30)

def told(text, p):
    quote, escape, mark = p["quotechar"] or '"', p["escapechar"], p["delimiter"] or ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark[0], quotechar=quote,
        skipinitialspace=len(mark) > 1, doublequote=escape in ('"', quote, ""),
        escapechar=escape if escape not in ("", '"', quote) else None))
    rows = rows[p["preamble_lines"]:]
    lines = p["header_lines"]
    return [[" ".join(names) for names in zip(*rows[:lines])]] + rows[lines:] if lines > 1 else rows

for line in sys.stdin:
    file = json.loads(line)
    try:
        print(json.dumps(told(file["content"], file["parameters"])))
    except Exception:
        print("null")
`;

/** The rows of each file in their order; null where Python gave up. */
export function readByPython(files: readonly Polluted[]): (string[][] | null)[] {
  const input = files.map(({ content, parameters }) => JSON.stringify({ content, parameters })).join('\n');
  const run = spawnSync('python3', ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`python3: ${run.stderr}`);
  return run.stdout.trimEnd().split('\n').map(rowsOf);
}

function rowsOf(line: string): string[][] | null {
  const rows: unknown = JSON.parse(line);
  return Array.isArray(rows) ? rows.filter(Array.isArray).map((row) => row.map(String)) : null;
}
