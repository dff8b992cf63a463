import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export const PASSWORD = 'a password of the tests';
const DEBIAN = '/usr/lib/postgresql';

/** A real Postgres of the test's own, on a free loopback port, that can be stopped and started again. */
export class TestPostgres {
  #bin = newestBinaries();
  #home = mkdtempSync(join(tmpdir(), 'result-postgres-'));
  #data = join(this.#home, 'data');
  /** @type {pg.Client | null} */
  #client = null;
  port = 0;

  async create() {
    this.port = await freePort();
    const passwordFile = join(this.#home, 'password');
    writeFileSync(passwordFile, PASSWORD);
    // The server refuses to run as root; the package has made a user for it.
    if (process.getuid?.() === 0) {
      const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
      chownSync(this.#home, uid, uid);
      chownSync(passwordFile, uid, uid);
    }
    chmodSync(this.#home, 0o700);
    this.#run('initdb', [
      `--pgdata=${this.#data}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
    ]);
    this.start();
    return this;
  }

  start() {
    const options = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${this.#home} -c fsync=off`;
    this.#run('pg_ctl', [
      'start',
      '-w',
      '-D',
      this.#data,
      '-l',
      join(this.#home, 'log'),
      '-o',
      options,
    ]);
  }

  stop() {
    this.#client?.removeAllListeners('error').on('error', () => {});
    this.#client = null;
    this.#run('pg_ctl', ['stop', '-w', '-D', this.#data, '-m', 'immediate']);
  }

  /** @param {string} sql */
  async run(sql) {
    if (this.#client === null) {
      const { port } = this;
      this.#client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        password: PASSWORD,
      });
      await this.#client.connect();
    }
    return (await this.#client.query(sql)).rows;
  }

  async createTable() {
    await this.run(
      'CREATE TABLE votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL, cast_at timestamptz)',
    );
  }

  /** Makes whoever reads the votes wait, until the function that this returns is called. */
  async lockTable() {
    const { port } = this;
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: PASSWORD });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE votes');
    return () => client.end();
  }

  /**
   * @param {string} voter
   * @param {string} option
   */
  async vote(voter, option) {
    await this.run(
      `INSERT INTO votes VALUES ('${voter}', '${option}') ON CONFLICT (id) DO UPDATE SET vote = excluded.vote`,
    );
  }

  destroy() {
    this.stop();
    rmSync(this.#home, { recursive: true });
  }

  /**
   * @param {string} program
   * @param {string[]} args
   */
  #run(program, args) {
    const command = [join(this.#bin, program), ...args];
    if (process.getuid?.() === 0) command.unshift('runuser', '-u', 'postgres', '--');
    const [file = '', ...rest] = command;
    execFileSync(file, rest, { stdio: ['ignore', 'ignore', 'inherit'], cwd: this.#home });
  }
}

function newestBinaries() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const bin = join(DEBIAN, String(Math.max(...versions)), 'bin');
  if (existsSync(join(bin, 'initdb'))) return bin;
  throw new Error('These tests need a Postgres server: install the Debian package "postgresql".');
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
