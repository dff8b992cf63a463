import { createServer } from 'node:http';
import { createApp } from './app.js';
import { Hub } from './hub.js';
import { createMetrics } from './metrics.js';
import { Results } from './results.js';
import { Store } from './store.js';

/**
 * Puts the service together.
 *
 * @param {import('./config.js').Config} config
 * @param {import('./log.js').Logger} log
 */
export function createService({ poll, database, port, refreshIntervalMs }, log) {
  const store = new Store(database, log);
  const results = new Results(poll, store, refreshIntervalMs, log);
  const hub = new Hub(results, log, { intervalMs: refreshIntervalMs });
  const metrics = createMetrics(results, hub);
  const server = createServer(createApp({ poll, results, store, metrics, log }));
  // Longer than proxies keep their side open: else one may send a request into a closing connection.
  server.keepAliveTimeout = 75_000;
  hub.attach(server);

  return {
    /** @returns {Promise<number>} the port it listens on */
    listen() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => {
          server.off('error', reject);
          resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
        });
      });
    },

    /** Takes nothing new, answers what was asked, and sends the viewers elsewhere. */
    async close() {
      // A connection that is kept open for a next request would hold the end up: let it go after this one.
      server.keepAliveTimeout = 1;
      const answered = new Promise((done) => server.close(done));
      await Promise.all([answered, hub.close()]);
      await store.close();
    },
  };
}
