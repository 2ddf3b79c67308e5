import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
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
  readonly ingest: Pick<Ingest, 'retries'>;
}

export function createMetrics({ audit, ingest }: Counted): Metrics {
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
