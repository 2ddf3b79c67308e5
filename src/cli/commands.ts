import type { Command } from 'commander';
import type { App } from './app.ts';

type Register = (program: Command, app: App) => void;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  up: async () => (await import('./commands/up.ts')).registerUp,
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  watch: async () => (await import('./commands/watch.ts')).registerWatch,
  load: async () => (await import('./commands/load.ts')).registerLoad,
  check: async () => (await import('./commands/check.ts')).registerCheck,
  clean: async () => (await import('./commands/clean.ts')).registerClean,
  plan: async () => (await import('./commands/plan.ts')).registerPlan,
  tables: async () => (await import('./commands/tables.ts')).registerTables,
  receipts: async () => (await import('./commands/receipts.ts')).registerReceipts,
  rejects: async () => (await import('./commands/rejects.ts')).registerRejects,
  reconcile: async () => (await import('./commands/reconcile.ts')).registerReconcile,
  backup: async () => (await import('./commands/backup.ts')).registerBackup,
  backups: async () => (await import('./commands/backups.ts')).registerBackups,
  verify: async () => (await import('./commands/verify.ts')).registerVerify,
  restore: async () => (await import('./commands/restore.ts')).registerRestore,
  keys: async () => (await import('./commands/keys.ts')).registerKeys,
  audit: async () => (await import('./commands/audit.ts')).registerAudit,
  seal: async () => (await import('./commands/seal.ts')).registerSeal,
  unseal: async () => (await import('./commands/unseal.ts')).registerUnseal,
  init: async () => (await import('./commands/init.ts')).registerInit,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
};

const VERSION: readonly string[] = ['--version', '-V'];

/**
 * What a command line can mean: none for the version, the commands that stand in it, or all of them for the help and for one that is
 * mistyped. The others are not read, which is half of the time it takes to start.
 */
export function commandsOf(argv: readonly string[]): Promise<readonly Register[]> {
  if (argv.length > 0 && argv.every((word) => VERSION.includes(word))) return Promise.resolve([]);
  const named = argv.filter((word) => Object.hasOwn(COMMANDS, word));
  const wanted = Object.keys(COMMANDS).filter((name) => named.length === 0 || named.includes(name));
  return Promise.all(wanted.flatMap((name) => COMMANDS[name]?.() ?? []));
}
