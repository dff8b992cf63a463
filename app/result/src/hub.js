import { WebSocket, WebSocketServer } from 'ws';

/**
 * @typedef {{ alive: boolean, last: string | null }} Client
 * @typedef {{ intervalMs: number, heartbeatMs?: number, maxBufferedBytes?: number }} HubOptions
 */

const GOING_AWAY = 1001;
const PATH = '/ws';

/** Sends the tally to every connected viewer, on connecting and whenever it changes. */
export class Hub {
  #results;
  #log;
  #intervalMs;
  #heartbeatMs;
  #maxBufferedBytes;
  /** @type {Map<WebSocket, Client>} */
  #clients = new Map();
  // Viewers have nothing to say: a tiny limit closes whoever sends a lot.
  #sockets = new WebSocketServer({ noServer: true, maxPayload: 128, clientTracking: false });
  #polling = false;
  #closing = false;
  /** @type {NodeJS.Timeout | undefined} */
  #heartbeat;

  /**
   * @param {Pick<import('./results.js').Results, 'get' | 'refresh'>} results
   * @param {import('./log.js').Logger} log
   * @param {HubOptions} options
   */
  constructor(results, log, { intervalMs, heartbeatMs = 25_000, maxBufferedBytes = 65_536 }) {
    this.#results = results;
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#heartbeatMs = heartbeatMs;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  get size() {
    return this.#clients.size;
  }

  /** @param {import('node:http').Server} server */
  attach(server) {
    server.on('upgrade', (request, socket, head) => {
      const refusal = this.#refusal(request);
      if (refusal === null) {
        this.#sockets.handleUpgrade(request, socket, head, (client) => void this.#welcome(client));
      } else {
        socket.on('error', () => socket.destroy());
        socket.once('finish', () => socket.destroy());
        socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      }
    });
    this.#heartbeat = setInterval(() => this.#beat(), this.#heartbeatMs);
  }

  /** Tells every viewer to go elsewhere; whoever does not close in time is cut off. */
  async close(graceMs = 2_000) {
    this.#closing = true;
    clearInterval(this.#heartbeat);
    const clients = [...this.#clients.keys()];
    const closed = clients.map((client) => new Promise((done) => client.once('close', done)));
    for (const client of clients) client.close(GOING_AWAY, 'The server is stopping');
    const cutOff = setTimeout(() => clients.forEach((client) => client.terminate()), graceMs);
    await Promise.all(closed);
    clearTimeout(cutOff);
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {string | null} the status line to refuse with
   */
  #refusal({ url = '', headers }) {
    if (this.#closing) return '503 Service Unavailable';
    if (url.split('?')[0] !== PATH) return '404 Not Found';
    // Browsers do not keep other sites' pages from opening WebSockets here; the server must.
    if (headers.origin !== undefined && hostOf(headers.origin) !== headers.host) {
      return '403 Forbidden';
    }
    return null;
  }

  /** @param {WebSocket} client */
  async #welcome(client) {
    const state = { alive: true, last: null };
    this.#clients.set(client, state);
    client.on('pong', () => (state.alive = true));
    client.on('close', () => this.#clients.delete(client));
    client.on('error', (err) => this.#log.debug({ err }, 'A WebSocket failed'));
    if (!this.#polling) {
      this.#polling = true;
      void this.#poll();
    }
    this.#deliver(client, state, await messageFrom(this.#results.get()));
  }

  /** Polls for as long as anyone is connected. */
  async #poll() {
    if (this.#clients.size === 0 || this.#closing) {
      this.#polling = false;
      return;
    }
    const started = performance.now();
    const message = await messageFrom(this.#results.refresh());
    for (const [client, state] of this.#clients) this.#deliver(client, state, message);
    // Counting a large table takes time: never keep Postgres at it for more than half of the time.
    const pause = Math.max(this.#intervalMs, performance.now() - started);
    setTimeout(() => void this.#poll(), pause).unref();
  }

  /**
   * @param {WebSocket} client
   * @param {Client} state
   * @param {string} message
   */
  #deliver(client, state, message) {
    if (client.readyState !== WebSocket.OPEN || message === state.last) return;
    if (client.bufferedAmount > this.#maxBufferedBytes) {
      this.#log.info('A viewer that reads too slowly was disconnected');
      client.terminate();
      return;
    }
    state.last = message;
    client.send(message);
  }

  /** Drops viewers who went without a word, and lets the others know that the server has not. */
  #beat() {
    for (const [client, state] of this.#clients) {
      if (!state.alive) {
        client.terminate();
        continue;
      }
      state.alive = false;
      client.ping();
      // A page cannot see pings: the next poll repeats the tally, and a page that gets none reconnects.
      state.last = null;
    }
  }
}

/**
 * @param {Promise<unknown>} tally
 * @returns {Promise<string>}
 */
async function messageFrom(tally) {
  try {
    return JSON.stringify(await tally);
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** @param {string} origin */
function hostOf(origin) {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
