import { fileURLToPath } from 'node:url';
import express from 'express';
import { renderPage } from './page.js';
import { describeError } from './store.js';

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * @param {object} parts
 * @param {import('./config.js').Poll} parts.poll
 * @param {import('./results.js').Results} parts.results
 * @param {{ ping(): Promise<void> }} parts.store
 * @param {ReturnType<typeof import('./metrics.js').createMetrics>} parts.metrics
 * @param {import('./log.js').Logger} parts.log
 */
export function createApp({ poll, results, store, metrics, log }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(observe(metrics, log));
  app.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  app.use('/static', markStatic, express.static(PUBLIC, { index: false, cacheControl: false }));
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  app.get('/', async (_request, response) => {
    const tally = await results.get().catch(() => null);
    response
      .status(tally ? 200 : 503)
      .type('html')
      .send(renderPage(poll, tally ?? results.last, tally === null));
  });

  app.get('/api/results', async (_request, response) => {
    try {
      response.json(await results.get());
    } catch (error) {
      response.status(503).json({ error: describeError(error) });
    }
  });

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });

  app.get('/ready', async (_request, response) => {
    try {
      await store.ping();
      response.json({ status: 'ok', checks: { postgres: 'ok' } });
    } catch (error) {
      const checks = { postgres: describeError(error) };
      response.status(503).json({ status: 'unavailable', checks });
    }
  });

  app.get('/metrics', async (_request, response) => {
    const { registry } = metrics;
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });

  app.use((request, response) => {
    response.status(404).json({ error: `Nothing is served at ${request.method} ${request.path}.` });
  });
  app.use(answerFailure(log));
  return app;
}

/** @type {import('express').RequestHandler} */
const markStatic = (_request, response, next) => {
  response.locals.route = '/static';
  // Asked for anew each time, and answered 304 while unchanged: a new release shows at once.
  response.set('Cache-Control', 'no-cache');
  next();
};

/**
 * @param {ReturnType<typeof import('./metrics.js').createMetrics>} metrics
 * @param {import('./log.js').Logger} log
 * @returns {import('express').RequestHandler}
 */
function observe(metrics, log) {
  return (request, response, next) => {
    const started = performance.now();
    response.on('finish', () => {
      const seconds = (performance.now() - started) / 1000;
      const path = response.locals.route ?? request.route?.path ?? 'unmatched';
      metrics.observeRequest(request.method, path, response.statusCode, seconds);
      log.debug(
        { method: request.method, path, code: response.statusCode, seconds },
        'Answered a request',
      );
    });
    next();
  };
}

/**
 * @param {import('./log.js').Logger} log
 * @returns {import('express').ErrorRequestHandler}
 */
function answerFailure(log) {
  // Express tells an error handler from others by its four parameters.
  return (error, request, response, next) => {
    log.error({ err: error, path: request.path }, 'A request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(500).json({ error: 'The server failed to answer; its log says why.' });
  };
}
