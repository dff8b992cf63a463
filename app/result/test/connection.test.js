import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { delayBefore, stayConnected } from '../public/connection.js';

class FakeSocket {
  closed = false;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {(() => void) | null} */
  onclose = null;
  close() {
    this.closed = true;
  }
}

/** @type {FakeSocket[]} */
let sockets;
let lost = 0;
/** @type {string[]} */
let messages;
/** @type {{ retryNow: () => void }} */
let connection;
const latest = () => /** @type {FakeSocket} */ (sockets.at(-1));

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  sockets = [];
  messages = [];
  lost = 0;
  const open = () => {
    sockets.push(new FakeSocket());
    return /** @type {WebSocket} */ (/** @type {unknown} */ (latest()));
  };
  connection = stayConnected(open, {
    onMessage: (data) => messages.push(data),
    onLost: () => (lost += 1),
  });
});
afterEach(() => mock.timers.reset());

test('a dropped connection is replaced, and its messages arrive', () => {
  latest().onmessage?.({ data: 'one' });
  latest().onclose?.();
  assert.equal(lost, 1);
  assert.equal(sockets.length, 1);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
  latest().onmessage?.({ data: 'two' });
  assert.deepEqual(messages, ['one', 'two']);
});

test('attempts grow apart while they fail, up to ten seconds, and a message starts anew', () => {
  for (let i = 0; i < 20; i += 1) {
    latest().onclose?.();
    mock.timers.tick(10_000);
  }
  assert.equal(sockets.length, 21);
  latest().onclose?.();
  mock.timers.tick(4_999);
  assert.equal(sockets.length, 21);
  mock.timers.tick(5_001);
  latest().onmessage?.({ data: 'back' });
  latest().onclose?.();
  mock.timers.tick(500);
  assert.equal(sockets.length, 23);
});

test('delays are random between half of the limit and all of it', () => {
  for (let attempts = 0; attempts < 12; attempts += 1) {
    const most = Math.min(10_000, 500 * 2 ** attempts);
    const delay = delayBefore(attempts);
    assert.ok(delay >= most / 2 && delay <= most, `${delay} before attempt ${attempts}`);
  }
});

test('a connection that falls silent is given up without waiting for its end', () => {
  const silent = latest();
  silent.onmessage?.({ data: 'alive' });
  mock.timers.tick(30_000);
  silent.onmessage?.({ data: 'alive' });
  mock.timers.tick(59_999);
  assert.equal(silent.closed, false);
  mock.timers.tick(1);
  assert.equal(silent.closed, true);
  assert.equal(silent.onclose, null);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
});

test('a connection that never speaks is given up soon: it has reached a pod that is gone', () => {
  const mute = latest();
  mock.timers.tick(4_999);
  assert.equal(mute.closed, false);
  mock.timers.tick(1);
  assert.equal(mute.closed, true);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
});

test('when the network returns the next attempt is made at once, and only one', () => {
  connection.retryNow();
  assert.equal(sockets.length, 1);
  latest().onclose?.();
  connection.retryNow();
  assert.equal(sockets.length, 2);
  latest().onmessage?.({ data: 'back' });
  mock.timers.tick(10_000);
  assert.equal(sockets.length, 2);
});
