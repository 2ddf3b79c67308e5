import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AuditEntry, AuditEvent, ChainHead, Rowferry } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import { AUDIT_EVENTS } from '../../model/audit.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, moment } from '../format.ts';
import { connect } from '../local-server.ts';

interface AuditFlags {
  readonly limit: number;
  readonly event?: AuditEvent;
  readonly verify?: boolean;
  readonly head?: ChainHead;
}

export function registerAudit(program: Command, app: App): void {
  const command = program
    .command('audit')
    .summary('show who was refused, and what was done to keys and tables')
    .description(
      'Show the audit log, newest first: refused keys, denials, the life of keys, restores, downloads. With ' +
        '--verify walk it from its first entry and say whether it is as it was written; exit code 1 when not.',
    )
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .addOption(new Option('--event <event>', 'only these').choices(AUDIT_EVENTS))
    .option('--verify', 'check every entry and the chain they make')
    .option(
      '--head <sequence:hash>',
      'a head from log.txt: checks too that nothing is gone from the end',
      headOf,
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry audit --event auth-failed', 'who tried with no good key'],
        [
          'rowferry audit --verify --head 42:9f86d081…',
          'nothing was changed, and 42 entries were not cut off',
        ],
      ),
    );
  withServer(command).action((flags: AuditFlags) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const verifies = flags.verify === true || flags.head !== undefined;
      const { client } = connected;
      return verifies ? await verify(app, client, flags.head) : await show(app, client, flags);
    }),
  );
}

function headOf(text: string): ChainHead {
  const [, sequence, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash };
  throw new InvalidArgumentError('expected a number, a colon and 64 hex digits, as log.txt has it.');
}

async function show(app: App, client: Rowferry, { limit, event }: AuditFlags): Promise<ExitCode> {
  const entries = await client.audit({ limit, ...(event === undefined ? {} : { event }) });
  for (const entry of entries) app.ui.data(entry);
  app.ui.table(
    ['entry>', 'when', 'event', 'owner', 'key', 'address', 'about', 'detail'],
    entries.map((entry) => [
      String(entry.sequence),
      moment(entry.time),
      ...[entry.event, entry.owner, entry.keyId, entry.address, entry.subject].map((text) =>
        oneLine(text ?? '·'),
      ),
      oneLine(wordsOf(entry.detail)),
    ]),
  );
  app.ui.line(
    entries.length === 0 ? 'nothing was audited yet' : '\nnext: rowferry audit --verify, or --json for all',
  );
  return 0;
}

function wordsOf(detail: AuditEntry['detail']): string {
  const words = Object.entries(detail).map(([name, value]) => `${name} ${textOf(value)}`);
  return words.join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function verify({ ui }: App, client: Rowferry, kept: ChainHead | undefined): Promise<ExitCode> {
  const verdict = await client.verifyAudit(kept);
  const { ok, entries, head, problem } = verdict;
  ui.data(verdict);
  ui.line(`${ok ? ui.good('✓') : ui.bad('✗')} entries as written: ${count(entries)}`);
  if (problem !== null) {
    ui.line(`  ${oneLine(problem.detail)}`);
    ui.line('  an entry written under another key-encryption key does not fit either: docs/audit.md');
  }
  ui.line(`  head ${head.sequence}:${head.hash}`);
  if (ok && kept === undefined)
    ui.line('  keep it elsewhere, and give it to --head next time: docs/audit.md');
  return ok ? 0 : 1;
}
