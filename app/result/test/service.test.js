import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { TestPostgres } from './support/postgres.js';
import { Viewer, eventually, metric, startService } from './support/service.js';

const postgres = new TestPostgres();
before(() => postgres.create());
after(() => postgres.destroy());

/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {() => Promise<any>} */
const results = async () => (await fetch(`${service.url}/api/results`)).json();
const metricsText = async () => (await fetch(`${service.url}/metrics`)).text();

/** @param {any} tally */
const votesOf = (tally) => tally.options.map((/** @type {any} */ { votes }) => votes);

describe('with Postgres up', () => {
  beforeEach(async () => {
    await postgres.run('DROP TABLE IF EXISTS votes');
    service = await startService(postgres);
  });
  afterEach(() => service.close());

  test('no table yet means that nobody has voted', async () => {
    assert.deepEqual(await results(), {
      title: 'Results',
      options: [
        { id: 'a', label: 'Cats', color: '#1aaaf8', votes: 0 },
        { id: 'b', label: 'Dogs', color: '#00cbca', votes: 0 },
      ],
      total: 0,
    });
  });

  test('votes are counted by option; those the poll does not list are left out and logged once', async () => {
    await postgres.createTable();
    await postgres.run(
      `INSERT INTO votes SELECT i, (ARRAY['a','a','b','q','zz'])[1 + i % 5] FROM generate_series(1, 500) AS i`,
    );
    const first = await results();
    assert.deepEqual(votesOf(first), [200, 100]);
    assert.equal(first.total, 300);
    await postgres.vote('late', 'b');
    await eventually(async () => (await results()).total === 301);
    const logged = service.lines.filter(({ message }) => /does not list/.test(message));
    assert.equal(logged.length, 1);
    assert.equal(logged[0]?.votes, 200);
  });

  test('a viewer is sent the tally on connecting and when it changes, and only then', async () => {
    await postgres.createTable();
    const viewer = new Viewer(service.url);
    await viewer.until(({ messages }) => messages.length === 1);
    assert.deepEqual(viewer.latest, await results());
    await postgres.vote('v1', 'a');
    await viewer.until(({ latest }) => latest.total === 1);
    await postgres.vote('v1', 'b');
    await viewer.until(({ latest }) => latest.options[1].votes === 1);
    assert.deepEqual(viewer.messages.map(votesOf), [
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
    assert.equal(metric(await metricsText(), 'votingapp_websocket_clients'), 1);
  });

  test('viewers and requests spread over two instances see the same, with no stickiness', async (t) => {
    await postgres.createTable();
    const other = await startService(postgres);
    t.after(() => other.close());
    const viewers = [service, other, service, other].map(({ url }) => new Viewer(url));
    await Promise.all(viewers.map((viewer) => viewer.until(({ messages }) => messages.length > 0)));
    for (let i = 0; i < 4; i += 1) await postgres.vote(`voter-${i}`, 'ab'.charAt(i % 2));
    await Promise.all(viewers.map((viewer) => viewer.until(({ latest }) => latest.total === 4)));
    const pages = [service, other, service, other].map(async ({ url }) => {
      const page = await fetch(url);
      return page.text();
    });
    for (const html of await Promise.all(pages)) assert.match(html, /id="total">4 votes</);
  });

  test('a thousand who ask at once cost Postgres one query', async (t) => {
    // A view in the table's place counts how often it is read.
    await postgres.run(`
      CREATE SEQUENCE reads;
      CREATE VIEW votes AS SELECT 'x' AS id, 'read-' || nextval('reads') AS vote`);
    const unhurried = await startService(postgres, { REFRESH_INTERVAL_MS: '10000' });
    t.after(() => unhurried.close());
    const asked = Array.from({ length: 1000 }, () => fetch(`${unhurried.url}/api/results`));
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
    const [next] = await postgres.run(`SELECT nextval('reads')::int AS read`);
    await postgres.run('DROP VIEW votes; DROP SEQUENCE reads');
    assert.equal(next.read, 2);
  });

  test('alive, ready, and counted', async () => {
    await postgres.createTable();
    await postgres.vote('v1', 'b');
    assert.match(
      await metricsText(),
      /votingapp_http_requests_total\{method="GET",path="\/",code="200"\} 0/,
    );
    assert.deepEqual(await (await fetch(`${service.url}/health`)).json(), { status: 'ok' });
    const ready = await fetch(`${service.url}/ready`);
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), { status: 'ok', checks: { postgres: 'ok' } });
    for (const path of ['/', '/static/result.css', '/static/none', '/a', '/b']) {
      await (await fetch(service.url + path)).text();
    }
    await fetch(`${service.url}/c`, { method: 'PROPFIND' });
    const text = await metricsText();
    const requests = 'votingapp_http_requests_total';
    assert.equal(metric(text, 'votingapp_votes_stored{option="a"}'), 0);
    assert.equal(metric(text, 'votingapp_votes_stored{option="b"}'), 1);
    assert.equal(metric(text, `${requests}{method="GET",path="/",code="200"}`), 1);
    assert.equal(metric(text, `${requests}{method="GET",path="/static",code="200"}`), 1);
    assert.equal(metric(text, `${requests}{method="GET",path="unmatched",code="404"}`), 2);
    assert.equal(metric(text, `${requests}{method="other",path="unmatched",code="404"}`), 1);
    assert.ok(
      text.includes(
        'votingapp_http_request_duration_seconds_bucket{le="0.001",method="GET",path="/ready"}',
      ),
    );
  });

  test('a page of another site is refused a WebSocket, and so is another path', async () => {
    const { host } = new URL(service.url);
    for (const [origin, accepted] of [
      [`http://${host}`, true],
      ['http://elsewhere.example', false],
      ['null', false],
    ]) {
      const viewer = new Viewer(service.url, { origin: String(origin) });
      await viewer.until(({ messages, closeCode }) => messages.length > 0 || closeCode !== null);
      assert.equal(viewer.messages.length > 0, accepted, String(origin));
      await viewer.close();
    }
    const elsewhere = new Viewer(`${service.url}/elsewhere`);
    await elsewhere.until(({ closeCode }) => closeCode === 1006);
  });

  test('a viewer that sends a lot is disconnected', async () => {
    const viewer = new Viewer(service.url);
    await viewer.until(({ messages }) => messages.length === 1);
    viewer.socket.send('x'.repeat(1000));
    await viewer.until(({ closeCode }) => closeCode === 1009);
  });

  test('stopping sends viewers elsewhere', async () => {
    const another = await startService(postgres);
    const viewer = new Viewer(another.url);
    await viewer.until(({ messages }) => messages.length === 1);
    await another.close();
    await viewer.until(({ closeCode }) => closeCode === 1001);
    await assert.rejects(fetch(another.url));
  });
});

test('Postgres goes and returns under the running service', async (t) => {
  service = await startService(postgres);
  t.after(() => service.close());
  await postgres.run('DROP TABLE IF EXISTS votes');
  await postgres.createTable();
  await postgres.vote('v1', 'a');
  const viewer = new Viewer(service.url);
  await viewer.until(({ latest }) => latest?.total === 1);

  assert.equal(metric(await metricsText(), 'votingapp_votes_stored{option="a"}'), 1);

  postgres.stop();
  await viewer.until(({ latest }) => latest.error !== undefined);
  const answer = await fetch(`${service.url}/api/results`);
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), viewer.latest);
  const ready = await fetch(`${service.url}/ready`);
  assert.equal(ready.status, 503);
  const report = await ready.json();
  assert.equal(report.status, 'unavailable');
  assert.match(report.checks.postgres, /ECONNREFUSED/);
  assert.equal((await fetch(`${service.url}/health`)).status, 200);
  const page = await fetch(service.url);
  assert.equal(page.status, 503);
  const html = await page.text();
  assert.match(html, /Reconnecting…/);
  assert.match(html, /id="total">1 vote</);
  assert.equal(metric(await metricsText(), 'votingapp_votes_stored{option="a"}'), undefined);

  postgres.start();
  await postgres.vote('v2', 'b');
  await viewer.until(({ latest }) => latest.total === 2);
  assert.equal((await fetch(`${service.url}/ready`)).status, 200);
});

test('an idle connection that Postgres closes does no harm', async (t) => {
  service = await startService(postgres);
  t.after(() => service.close());
  assert.equal((await fetch(`${service.url}/ready`)).status, 200);
  postgres.stop();
  await eventually(() => service.lines.some(({ message }) => /idle connection/.test(message)));
  postgres.start();
  assert.equal((await fetch(`${service.url}/ready`)).status, 200);
});

test('a service that starts without Postgres serves an uncounted page', async (t) => {
  service = await startService({ port: 1 });
  t.after(() => service.close());
  const page = await fetch(service.url);
  assert.equal(page.status, 503);
  const html = await page.text();
  assert.match(html, /Not counted yet/);
  assert.match(html, /aria-valuetext="not counted yet"/);
});

test('a database that takes connections and says nothing is given up in time', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  service = await startService(/** @type {import('node:net').AddressInfo} */ (silent.address()));
  t.after(() => service.close());
  const started = performance.now();
  const [ready, answer] = await Promise.all(
    ['/ready', '/api/results'].map((path) => fetch(service.url + path)),
  );
  assert.deepEqual([ready?.status, answer?.status], [503, 503]);
  assert.ok(performance.now() - started < 5_000);
});

test('a wrong password is said by /ready, and is in no log', async (t) => {
  service = await startService(postgres, { POSTGRES_PASSWORD: 'not-the-password' });
  t.after(() => service.close());
  const ready = await fetch(`${service.url}/ready`);
  assert.equal(ready.status, 503);
  assert.match((await ready.json()).checks.postgres, /password authentication failed/);
  assert.equal((await fetch(service.url)).status, 503);
  assert.ok(!JSON.stringify(service.lines).includes('not-the-password'));
});
