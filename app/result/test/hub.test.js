import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Hub } from '../src/hub.js';
import { Viewer, eventually, memoryLog } from './support/service.js';

/** @type {import('node:http').Server} */
let server;
/** @type {Hub} */
let hub;
let answers = 0;
/** @type {() => any} */
let answer;
/** @type {Record<string, any>[]} */
let lines;

const source = {
  get: async () => answer(),
  refresh: async () => {
    answers += 1;
    return answer();
  },
};

/** @param {{ heartbeatMs?: number }} [options] */
async function serve(options = {}) {
  const memory = memoryLog();
  lines = memory.lines;
  hub = new Hub(source, memory.log, { intervalMs: 5, ...options });
  server = createServer();
  hub.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}`;
}

beforeEach(() => {
  answers = 0;
  answer = () => ({ total: 0 });
});
afterEach(async () => {
  await hub.close();
  server.close();
});

test('a viewer that reads too slowly is dropped, and the others are served on', async (t) => {
  const url = await serve();
  const filler = 'x'.repeat(1_000_000);
  answer = () => ({ total: answers, filler });
  const slow = new Viewer(url);
  await slow.until(({ messages }) => messages.length > 0);
  t.after(() => slow.cut());
  slow.socket.pause();
  const quick = new Viewer(url);
  await eventually(() => lines.some(({ message }) => /reads too slowly/.test(message)));
  await eventually(() => hub.size === 1);
  const received = quick.messages.length;
  await quick.until(({ messages }) => messages.length > received);
});

test('a viewer that answers no ping is dropped', async () => {
  const url = await serve({ heartbeatMs: 30 });
  const dead = new Viewer(url, { autoPong: false });
  await dead.until(({ closeCode }) => closeCode === 1006);
  await eventually(() => hub.size === 0);
});

test('a live viewer is kept, and is sent the tally again with each heartbeat', async () => {
  const url = await serve({ heartbeatMs: 30 });
  const viewer = new Viewer(url);
  await viewer.until(({ messages }) => messages.length === 4);
  assert.deepEqual(viewer.messages, Array(4).fill({ total: 0 }));
  assert.equal(hub.size, 1);
});

test('Postgres is polled while somebody is connected, and not otherwise', async () => {
  const url = await serve();
  assert.equal(answers, 0);
  const viewer = new Viewer(url);
  await eventually(() => answers >= 5);
  await viewer.close();
  await eventually(() => hub.size === 0);
  const polled = answers;
  // Twenty intervals: enough for a poller that runs on to be caught.
  await setTimeout(100);
  assert.ok(answers <= polled + 1, `${answers - polled} polls with nobody there`);
});

test('an outage is told once, and so is its end', async () => {
  const url = await serve();
  const viewer = new Viewer(url);
  await viewer.until(({ messages }) => messages.length === 1);
  answer = () => {
    throw new Error('away');
  };
  await viewer.until(({ messages }) => messages.length === 2);
  const polled = answers;
  answer = () => {
    if (answers < polled + 5) throw new Error('away');
    return { total: 0 };
  };
  await viewer.until(({ messages }) => messages.length === 3);
  assert.deepEqual(viewer.messages, [{ total: 0 }, { error: 'away' }, { total: 0 }]);
});

test('a viewer that does not close is cut off when the server stops', async (t) => {
  const url = await serve();
  const deaf = new Viewer(url);
  await deaf.until(({ messages }) => messages.length === 1);
  t.after(() => deaf.cut());
  deaf.socket.pause();
  await hub.close(50);
  assert.equal(hub.size, 0);
});
