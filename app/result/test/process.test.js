import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, afterEach, before, test } from 'node:test';
import { TestPostgres, freePort } from './support/postgres.js';
import { Viewer, environment, eventually } from './support/service.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const WAITING = `SELECT FROM pg_stat_activity
  WHERE application_name = 'votingapp-result' AND wait_event_type = 'Lock'`;
const postgres = new TestPostgres();
before(() => postgres.create());
after(() => postgres.destroy());

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** @param {Record<string, string>} env */
function start(env) {
  // The coverage of the child is collected by the parent's tool, through this variable.
  const inherited = { PATH: process.env.PATH, NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE };
  const child = spawn(process.execPath, [MAIN], { env: { ...inherited, ...env } });
  children.add(child);
  /** @type {Record<string, any>[]} */
  const lines = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(([[code]]) => code);
  const listening = once(reader, 'line');
  return { child, lines, ended, listening };
}

test('SIGTERM finishes what is in hand, sends viewers elsewhere and exits with 0', async (t) => {
  const port = await freePort();
  const env = { ...environment(postgres), PORT: String(port), LOG_LEVEL: 'debug' };
  const { child, lines, ended, listening } = start(env);
  await listening;

  // A query that waits for this lock is in hand when the signal comes.
  await postgres.createTable();
  const release = await postgres.lockTable();
  t.after(release);
  const request = connect(port, '127.0.0.1');
  request.write('GET /api/results HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(async () => (await postgres.run(WAITING)).length > 0);
  const viewer = new Viewer(`http://127.0.0.1:${port}`);
  await once(viewer.socket, 'open');
  const signalled = performance.now();
  child.kill('SIGTERM');
  await viewer.until(({ closeCode }) => closeCode === 1001);
  await release();
  const [answer] = await once(request, 'data');
  assert.match(String(answer), /^HTTP\/1.1 200 OK/);
  assert.equal(await ended, 0);
  assert.ok(performance.now() - signalled < 5_000);
  for (const line of lines) {
    assert.match(line.timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.match(line.level, /^(debug|info|warning|error)$/);
    assert.equal(line.component, 'result');
    assert.equal(typeof line.message, 'string');
  }
  assert.equal(lines.at(-1)?.message, 'Stopped');
});

test('a request that never ends does not keep the process past its limit', async () => {
  const port = await freePort();
  const { child, lines, ended, listening } = start({
    ...environment(postgres),
    PORT: String(port),
  });
  await listening;
  const endless = connect(port, '127.0.0.1');
  endless.on('error', () => {});
  endless.write('GET / HTTP/1.1\r\nHost:');
  await once(endless, 'connect');
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  const signalled = performance.now();
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.ok(performance.now() - signalled < 10_000);
  assert.equal(lines.at(-1)?.level, 'warning');
});

test('a bad environment ends the start with a sentence for each fault', async () => {
  const { lines, ended } = start({ POSTGRES_PORT: 'tcp://10.0.0.1:5432' });
  assert.equal(await ended, 1);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.level, 'error');
  assert.match(lines[0]?.message, /POSTGRES_PORT must be .*\nNo password for Postgres: set /);
});

test('a port in use ends the start with a sentence', async () => {
  const occupant = createServer().listen(0);
  await once(occupant, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (occupant.address());
  const { lines, ended } = start({ ...environment(postgres), PORT: String(port) });
  assert.equal(await ended, 1);
  assert.match(lines[0]?.message, /EADDRINUSE/);
  occupant.close();
});
