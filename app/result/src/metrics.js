import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * @param {import('./results.js').Results} results
 * @param {import('./hub.js').Hub} hub
 */
export function createMetrics(results, hub) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'votingapp_http_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['method', 'path', 'code'],
    registers: [registry],
  });
  requests.inc({ method: 'GET', path: '/', code: 200 }, 0);
  requests.inc({ method: 'GET', path: '/api/results', code: 200 }, 0);

  const duration = new Histogram({
    name: 'votingapp_http_request_duration_seconds',
    help: 'Time from the arrival of an HTTP request to the end of its answer.',
    labelNames: ['method', 'path'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });

  new Gauge({
    name: 'votingapp_websocket_clients',
    help: 'Viewers connected to this process over a WebSocket.',
    registers: [registry],
    collect() {
      this.set(hub.size);
    },
  });

  new Gauge({
    name: 'votingapp_votes_stored',
    help: 'Votes stored in Postgres by option. Every replica reports the same rows: do not add replicas up. Absent while Postgres is away.',
    labelNames: ['option'],
    registers: [registry],
    async collect() {
      this.reset();
      const tally = await results.get().catch(() => null);
      for (const { id, votes } of tally?.options ?? []) this.set({ option: id }, votes);
    },
  });

  return {
    registry,
    /**
     * @param {string} method
     * @param {string} path the route, never the address as sent, so that the series stay few
     * @param {number} code
     * @param {number} seconds
     */
    observeRequest(method, path, code, seconds) {
      const known = METHODS.has(method) ? method : 'other';
      requests.inc({ method: known, path, code });
      duration.observe({ method: known, path }, seconds);
    },
  };
}
