import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, loadConfig } from '../src/config.js';

const PASSWORD = { POSTGRES_PASSWORD: 'secret' };
const folder = mkdtempSync(join(tmpdir(), 'result-config-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {unknown[]} options */
const withOptions = (options) => ({ ...PASSWORD, POLL_OPTIONS: JSON.stringify(options) });
const cats = { id: 'a', label: 'Cats', color: '#1aaaf8' };
const dogs = { id: 'b', label: 'Dogs', color: '#00cbca' };

test('everything but the password has a default', () => {
  const { database, ...config } = loadConfig(PASSWORD);
  assert.deepEqual(config, {
    port: 8081,
    logLevel: 'info',
    refreshIntervalMs: 500,
    poll: { title: 'Results', options: [cats, dogs] },
  });
  const { password, ...server } = database;
  assert.deepEqual(server, {
    host: 'postgres',
    port: 5432,
    user: 'postgres',
    database: 'postgres',
  });
  assert.equal(password(), 'secret');
});

test('every setting is taken from the environment', () => {
  const options = [dogs, { id: 'z', label: '🐟'.repeat(50), color: '#ABCDEF' }];
  const config = loadConfig({
    ...withOptions(options),
    PORT: '80',
    LOG_LEVEL: 'WARNING',
    REFRESH_INTERVAL_MS: '1000',
    POLL_RESULTS_TITLE: 'So far',
    POSTGRES_HOST: 'db',
    POSTGRES_PORT: '6432',
    POSTGRES_USER: 'reader',
    POSTGRES_DB: 'poll',
  });
  assert.deepEqual(config.poll, { title: 'So far', options });
  assert.equal(config.port, 80);
  assert.equal(config.logLevel, 'warning');
  assert.equal(config.refreshIntervalMs, 1000);
  const { host, port, user, database } = config.database;
  assert.deepEqual(
    { host, port, user, database },
    { host: 'db', port: 6432, user: 'reader', database: 'poll' },
  );
});

test('a password file is read anew for each connection, without its line end', () => {
  const file = join(folder, 'password');
  writeFileSync(file, 'first\n');
  const { password } = loadConfig({ POSTGRES_PASSWORD_FILE: file }).database;
  assert.equal(password(), 'first');
  writeFileSync(file, 'rotated');
  assert.equal(password(), 'rotated');
});

test('all that is wrong is reported at once', () => {
  assert.throws(
    () => loadConfig({ PORT: 'x', LOG_LEVEL: 'loud' }),
    (error) =>
      error instanceof ConfigError &&
      /PORT must.*\n.*LOG_LEVEL must.*\n.*No password/.test(error.message),
  );
});

writeFileSync(join(folder, 'empty'), '\n');

/** @type {[string, import('../src/config.js').Env, RegExp][]} */
const refusals = [
  ['no password', {}, /set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE/],
  ['both passwords', { ...PASSWORD, POSTGRES_PASSWORD_FILE: '/x' }, /unset one of them/],
  [
    'a file that is not there',
    { POSTGRES_PASSWORD_FILE: '/nowhere' },
    /FILE cannot be read: ENOENT/,
  ],
  ['an empty file', { POSTGRES_PASSWORD_FILE: join(folder, 'empty') }, /names an empty file/],
  [
    'a port from a Service',
    { ...PASSWORD, POSTGRES_PORT: 'tcp://10.0.0.1:5432' },
    /^POSTGRES_PORT must.*enableServiceLinks/,
  ],
  [
    'a port too high',
    { ...PASSWORD, PORT: '65536' },
    /^PORT must be a whole number from 1 to 65535/,
  ],
  ['a fraction', { ...PASSWORD, REFRESH_INTERVAL_MS: '99.5' }, /^REFRESH_INTERVAL_MS must/],
  [
    'an unknown level',
    { ...PASSWORD, LOG_LEVEL: 'trace' },
    /one of debug, info, warning, error, but it is "trace"/,
  ],
  [
    'options that are not JSON',
    { ...PASSWORD, POLL_OPTIONS: 'Cats' },
    /must be a JSON list such as \[\{"id":"a"/,
  ],
  ['options that are no list', { ...PASSWORD, POLL_OPTIONS: '{}' }, /must be a JSON list/],
  ['one option', withOptions([cats]), /2 to 10 options, but it lists 1/],
  ['eleven options', withOptions(Array(11).fill(cats)), /but it lists 11/],
  ['an id twice', withOptions([cats, cats]), /more than one option with id "a"/],
  ['a long id', withOptions([cats, { ...dogs, id: 'bb' }]), /option 2: id must be one letter/],
  [
    'no label',
    withOptions([{ ...cats, label: undefined }, dogs]),
    /option 1: label must.*is missing/,
  ],
  ['a blank label', withOptions([{ ...cats, label: ' ' }, dogs]), /label must be 1 to 50/],
  [
    'a long label',
    withOptions([{ ...cats, label: 'x'.repeat(51) }, dogs]),
    /label must be 1 to 50/,
  ],
  [
    'a named colour',
    withOptions([{ ...cats, color: 'red' }, dogs]),
    /color must be written like #1aaaf8/,
  ],
  ['a null option', withOptions([null, dogs]), /option 1: id must/],
];

for (const [name, env, message] of refusals) {
  test(`refused: ${name}`, () => {
    assert.throws(() => loadConfig(env), { message });
  });
}
