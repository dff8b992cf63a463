import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { createApp } from '../src/app.js';
import { loadConfig } from '../src/config.js';
import { Hub } from '../src/hub.js';
import { createMetrics } from '../src/metrics.js';
import { Results } from '../src/results.js';
import { memoryLog } from './support/service.js';

test('a fault of our own is answered without a detail, and logged with all', async (t) => {
  const { log, lines } = memoryLog();
  const { poll } = loadConfig({ POSTGRES_PASSWORD: 'unused' });
  const store = { countVotes: async () => [], ping: async () => {} };
  const results = new Results(poll, store, 0, log);
  const metrics = createMetrics(results, new Hub(results, log, { intervalMs: 1000 }));
  metrics.registry.metrics = () => Promise.reject(new Error('a fault'));
  const server = createServer(createApp({ poll, results, store, metrics, log })).listen(0);
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /a fault|stack|\.js/);
  const logged = lines.find(({ level }) => level === 'error');
  assert.equal(logged?.err.message, 'a fault');
  assert.equal(logged?.path, '/metrics');
});
