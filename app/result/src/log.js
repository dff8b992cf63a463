import pino from 'pino';

/**
 * @typedef {import('pino').Logger} Logger
 * @typedef {import('./config.js').LogLevel} LogLevel
 */

/**
 * Logs one JSON object a line on standard output, with the field names that all of the voting
 * app's services share.
 *
 * @param {LogLevel} level
 * @param {import('pino').DestinationStream} [destination]
 * @returns {Logger}
 */
export function createLog(level, destination = pino.destination({ fd: 1, sync: true })) {
  return pino(
    {
      level: level === 'warning' ? 'warn' : level,
      base: { component: 'result' },
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
    },
    destination,
  );
}
