import { ConfigError, loadConfig } from './config.js';
import { createLog } from './log.js';
import { createService } from './service.js';

// Kubernetes is told 10 s; whatever is unfinished after 8 is given up, so that the exit is still ours.
const SHUTDOWN_LIMIT_MS = 8_000;

const config = readConfig();
const log = createLog(config.logLevel);

process.on('uncaughtException', (err) => {
  log.error({ err }, `The service failed and stops: ${err.message}`);
  process.exit(1);
});

const service = createService(config, log);
const port = await service.listen();
log.info({ port }, 'The results page is being served');

process.once('SIGTERM', stop);
process.once('SIGINT', stop);

function readConfig() {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLog('info').error(error.message);
    process.exit(1);
  }
}

/** @param {string} signal */
async function stop(signal) {
  log.info({ signal }, 'Stopping: finishing what is in hand');
  setTimeout(() => {
    log.warn('Stopped with requests unanswered: they took too long');
    process.exit(0);
  }, SHUTDOWN_LIMIT_MS).unref();
  await service.close();
  log.info('Stopped');
  process.exit(0);
}
