import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type BackupAge, backupAges } from '../backup/backup-age.ts';
import type { Backups } from '../backup/backups.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Audit } from '../ledger/audit.ts';
import type { Counts } from '../model/receipt.ts';
import type { App } from './services.ts';

/** Prometheus metrics of one server. No table names: /metrics needs no key. */
export interface Metrics {
  countRequests(app: App): void;
  countRows(counts: Counts): void;
  text(): Promise<{ type: string; body: string }>;
}

interface Counted {
  readonly audit: Pick<Audit, 'dropped'>;
  readonly ingest: Pick<Ingest, 'retries' | 'tables'>;
  readonly backups: Pick<Backups, 'list'>;
}

/** Manifests are not read for every scrape, which needs no key. */
const LOOK_EVERY_MS = 30_000;

export function createMetrics({ audit, ingest, backups }: Counted): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'rowferry_http_request_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  const rows = new Counter({
    name: 'rowferry_rows_total',
    help: 'Rows by what became of them',
    labelNames: ['outcome'],
    registers: [registry],
  });
  new Counter({
    name: 'rowferry_audit_dropped_total',
    help: 'Events that found no room in the audit log',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(audit.dropped);
    },
  });
  new Counter({
    name: 'rowferry_transaction_retries_total',
    help: 'Transactions that were run again, by what had failed',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [code, times] of ingest.retries) this.inc({ code }, times);
    },
  });
  addBackupAges(registry, { ingest, backups });
  return {
    countRequests(app) {
      app.addHook('onResponse', async (request, reply) => {
        const route = request.routeOptions.url ?? 'unknown';
        const labels = { method: request.method, route, status: String(reply.statusCode) };
        seconds.observe(labels, reply.elapsedTime / 1000);
      });
    },
    countRows({ read: _read, ...outcomes }) {
      for (const outcome of ['inserted', 'updated', 'skipped', 'rejected'] as const) {
        rows.inc({ outcome }, outcomes[outcome]);
      }
    },
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}

/** Of the tables that there are now; nothing is told while the database does not say which. */
function addBackupAges(registry: Registry, { ingest, backups }: Pick<Counted, 'ingest' | 'backups'>): void {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let found: Promise<readonly BackupAge[] | null> = Promise.resolve(null);
  const look = () => {
    const now = performance.now();
    if (now - lookedAt < LOOK_EVERY_MS) return found;
    lookedAt = now;
    found = agesNow({ ingest, backups });
    return found;
  };
  new Gauge({
    name: 'rowferry_backup_age_seconds',
    help: 'Age of the newest verified backup, of the table where it is the oldest',
    registers: [registry],
    async collect() {
      const known = (await look())?.flatMap(({ ageMs }) => (ageMs === null ? [] : [ageMs])) ?? [];
      if (known.length === 0) this.remove();
      else this.set(Math.round(Math.max(...known) / 1000));
    },
  });
  new Gauge({
    name: 'rowferry_tables_without_backup',
    help: 'Tables that have no verified backup',
    registers: [registry],
    async collect() {
      const ages = await look();
      if (ages === null) this.remove();
      else this.set(ages.filter(({ ageMs }) => ageMs === null).length);
    },
  });
}

async function agesNow({
  ingest,
  backups,
}: Pick<Counted, 'ingest' | 'backups'>): Promise<readonly BackupAge[] | null> {
  try {
    const names = (await ingest.tables()).map(({ name }) => name);
    return backupAges(names, await backups.list());
  } catch {
    return null;
  }
}
