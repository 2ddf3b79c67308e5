import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder of the test's own, gone at its end. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-inputs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ZipMember {
  readonly name: string;
  readonly content: string | Buffer;
  readonly stored?: boolean;
}

/** Made by python3, which writes what the zip command would not: odd names, names twice, zip64. */
export function pythonZip(path: string, members: readonly ZipMember[]): string {
  const script = [
    'import base64, json, sys, warnings, zipfile',
    'warnings.simplefilter("ignore")',
    'with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:',
    '    for name, content, stored in json.load(sys.stdin):',
    '        how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED',
    '        with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) if stored else archive.open(name, "w") as file:',
    '            file.write(base64.b64decode(content))',
  ].join('\n');
  const input = JSON.stringify(
    members.map(({ name, content, stored }) => [
      name,
      Buffer.from(content).toString('base64'),
      stored === true,
    ]),
  );
  execFileSync('python3', ['-c', script, path], { input });
  return path;
}

/** By the zip command: `files` are relative to `folder`. Deletes what it packed. */
export function commandZip(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  execFileSync('zip', ['-qm', ...flags, name, ...Object.keys(files)], { cwd: folder });
  return join(folder, name);
}

/** Everything below data/ of a home: nothing of what was unpacked may be left there. */
export function leftIn(home: string): string[] {
  try {
    return readdirSync(join(home, 'data', 'work'), { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
