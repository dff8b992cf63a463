import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { createService } from '../../src/service.js';
import { PASSWORD } from './postgres.js';

/** Collects what is logged, parsed. */
export function memoryLog() {
  /** @type {Record<string, any>[]} */
  const lines = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(
        ...String(chunk)
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
      done();
    },
  });
  return { log: createLog('debug', stream), lines };
}

/**
 * The environment of a service that uses the given Postgres.
 *
 * @param {{ port: number }} postgres
 */
export function environment({ port }) {
  return {
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: String(port),
    POSTGRES_PASSWORD: PASSWORD,
    REFRESH_INTERVAL_MS: '50',
  };
}

/**
 * @param {{ port: number }} postgres
 * @param {Record<string, string>} [env]
 */
export async function startService(postgres, env = {}) {
  const { log, lines } = memoryLog();
  const config = loadConfig({ ...environment(postgres), ...env });
  const service = createService({ ...config, port: 0 }, log);
  const port = await service.listen();
  const url = `http://127.0.0.1:${port}`;
  return { ...service, url, lines };
}

/** A viewer that keeps every message, and can wait for one. */
export class Viewer {
  /** @type {any[]} */
  messages = [];
  /** @type {number | null} */
  closeCode = null;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /**
   * @param {string} url
   * @param {import('ws').ClientOptions} [options]
   */
  constructor(url, options) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, options);
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)));
      this.#changed();
    });
    this.socket.on('close', (code) => {
      this.closeCode = code;
      this.#changed();
    });
    this.socket.on('error', () => {});
  }

  #changed() {
    for (const check of this.#waiting) check();
  }

  /** @param {(viewer: Viewer) => boolean} condition */
  async until(condition) {
    if (condition(this)) return;
    await /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const check = () => {
          if (!condition(this)) return;
          this.#waiting.delete(check);
          resolve();
        };
        this.#waiting.add(check);
      })
    );
  }

  get latest() {
    return this.messages.at(-1);
  }

  /** Ends the connection at once, be it paused or not. */
  cut() {
    this.socket.terminate();
  }

  async close() {
    this.socket.close();
    await this.until(({ closeCode }) => closeCode !== null);
  }
}

/**
 * Waits for what no event tells.
 *
 * @param {() => boolean | Promise<boolean>} condition
 */
export async function eventually(condition) {
  while (!(await condition())) await setTimeout(5);
}

/**
 * The value of one metric, or undefined while the series does not exist.
 *
 * @param {string} text
 * @param {string} series
 */
export function metric(text, series) {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
