import { readFileSync } from 'node:fs';

/**
 * @typedef {{ id: string, label: string, color: string }} Option
 * @typedef {{ title: string, options: Option[] }} Poll
 * @typedef {{ host: string, port: number, user: string, password: () => string, database: string }} Database
 * @typedef {{ port: number, logLevel: LogLevel, refreshIntervalMs: number, poll: Poll, database: Database }} Config
 * @typedef {'debug' | 'info' | 'warning' | 'error'} LogLevel
 * @typedef {Record<string, string | undefined>} Env
 */

/** @type {readonly string[]} */
const LOG_LEVELS = ['debug', 'info', 'warning', 'error'];

const DEFAULT_OPTIONS = [
  { id: 'a', label: 'Cats', color: '#1aaaf8' },
  { id: 'b', label: 'Dogs', color: '#00cbca' },
];

const OPTIONS_EXAMPLE = JSON.stringify(DEFAULT_OPTIONS);

/** A setting that the service refuses to start with; its message tells a person what to set instead. */
export class ConfigError extends Error {}

/**
 * Reads every setting from the environment. All that is wrong is reported at once, so that one
 * restart is enough to put it right.
 *
 * @param {Env} env
 * @returns {Config}
 */
export function loadConfig(env) {
  /** @type {string[]} */
  const problems = [];

  /**
   * @template T
   * @param {() => T} read
   * @returns {T}
   */
  const check = (read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
      // Never seen by a caller: any problem makes loadConfig throw below.
      return /** @type {T} */ (undefined);
    }
  };

  const config = {
    port: check(() => readInteger(env, 'PORT', 8081, 1, 65535)),
    logLevel: check(() => readLogLevel(env)),
    refreshIntervalMs: check(() => readInteger(env, 'REFRESH_INTERVAL_MS', 500, 50, 10_000)),
    poll: {
      title: env.POLL_RESULTS_TITLE || 'Results',
      options: check(() => readOptions(env)),
    },
    database: {
      host: env.POSTGRES_HOST || 'postgres',
      port: check(() => readInteger(env, 'POSTGRES_PORT', 5432, 1, 65535)),
      user: env.POSTGRES_USER || 'postgres',
      password: check(() => readPassword(env)),
      database: env.POSTGRES_DB || 'postgres',
    },
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config;
}

/**
 * @param {Env} env
 * @param {string} name
 * @param {number} fallback
 * @param {number} least
 * @param {number} most
 */
function readInteger(env, name, fallback, least, most) {
  const text = env[name];
  if (!text) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  // Kubernetes injects such addresses for a Service whose name, in capitals, starts the variable's.
  const hint = text.startsWith('tcp://')
    ? ' Kubernetes sets it so for a Service of that name: set it in the pod, or set enableServiceLinks to false.'
    : '';
  throw new ConfigError(
    `${name} must be a whole number from ${least} to ${most}, but it is ${quote(text)}.${hint}`,
  );
}

/**
 * @param {Env} env
 * @returns {LogLevel}
 */
function readLogLevel(env) {
  const level = (env.LOG_LEVEL || 'info').toLowerCase();
  if (LOG_LEVELS.includes(level)) return /** @type {LogLevel} */ (level);
  throw new ConfigError(
    `LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, but it is ${quote(level)}.`,
  );
}

/**
 * The password is handed on as a function: from a file it is read anew for each connection, so that
 * a rotated Secret is taken up without a restart.
 *
 * @param {Env} env
 * @returns {() => string}
 */
function readPassword(env) {
  const { POSTGRES_PASSWORD: password, POSTGRES_PASSWORD_FILE: file } = env;
  if (password && file) {
    throw new ConfigError(
      'POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set: unset one of them.',
    );
  }
  if (password) return () => password;
  if (!file) {
    throw new ConfigError(
      'No password for Postgres: set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE to the path of a file that holds it.',
    );
  }
  const read = () => readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  let first;
  try {
    first = read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`POSTGRES_PASSWORD_FILE cannot be read: ${reason}.`);
  }
  if (first === '') throw new ConfigError(`POSTGRES_PASSWORD_FILE names an empty file, ${file}.`);
  return read;
}

/**
 * @param {Env} env
 * @returns {Option[]}
 */
function readOptions(env) {
  if (!env.POLL_OPTIONS) return DEFAULT_OPTIONS;
  const options = parseOptions(env.POLL_OPTIONS);
  if (options.length < 2 || options.length > 10) {
    throw new ConfigError(
      `POLL_OPTIONS must list 2 to 10 options, but it lists ${options.length}.`,
    );
  }
  const checked = options.map(checkOption);
  const ids = checked.map((option) => option.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new ConfigError(
      `POLL_OPTIONS has more than one option with id ${quote(twice)}: every id must be different.`,
    );
  }
  return checked;
}

/**
 * @param {string} text
 * @returns {unknown[]}
 */
function parseOptions(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Array.isArray(value)) return value;
  throw new ConfigError(`POLL_OPTIONS must be a JSON list such as ${OPTIONS_EXAMPLE}.`);
}

/**
 * @param {unknown} value
 * @param {number} index
 * @returns {Option}
 */
function checkOption(value, index) {
  const { id, label, color } = /** @type {Record<string, unknown>} */ (value ?? {});
  const where = `POLL_OPTIONS: option ${index + 1}`;
  if (typeof id !== 'string' || !/^[a-z]$/.test(id)) {
    throw new ConfigError(`${where}: id must be one letter from a to z, but it is ${quote(id)}.`);
  }
  if (typeof label !== 'string' || label.trim() === '' || [...label].length > 50) {
    throw new ConfigError(`${where}: label must be 1 to 50 characters, but it is ${quote(label)}.`);
  }
  if (typeof color !== 'string' || !/^#[0-9a-fA-F]{6}$/.test(color)) {
    throw new ConfigError(
      `${where}: color must be written like #1aaaf8, but it is ${quote(color)}.`,
    );
  }
  return { id, label, color };
}

/** @param {unknown} value */
function quote(value) {
  return value === undefined ? 'missing' : JSON.stringify(value);
}
