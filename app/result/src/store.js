import pg from 'pg';

/** @typedef {{ option: string | null, votes: number }} Count option is null for ids not in the poll */

const UNDEFINED_TABLE = '42P01';

// Ids that the poll does not list are added up by Postgres, so that the answer stays small
// whatever the table holds.
const COUNT_VOTES = `
  SELECT CASE WHEN vote = ANY($1::text[]) THEN vote END AS option, count(*) AS votes
  FROM votes GROUP BY 1`;

/** The votes in Postgres, read only. A lost connection is replaced at the next call. */
export class Store {
  #pool;

  /**
   * @param {import('./config.js').Database} database
   * @param {import('./log.js').Logger} log
   */
  constructor(database, log) {
    this.#pool = new pg.Pool({
      ...database,
      application_name: 'votingapp-result',
      max: 3,
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
      statement_timeout: 2_500,
      // Ends the wait for a server that has gone without closing the connection.
      query_timeout: 3_000,
    });
    // Without a listener, an idle connection that Postgres closes would end the process.
    this.#pool.on('error', (err) => log.info({ err }, 'An idle connection to Postgres was lost'));
  }

  /**
   * @param {string[]} ids the options of the poll
   * @returns {Promise<Count[]>}
   */
  async countVotes(ids) {
    try {
      const { rows } = await this.#pool.query(COUNT_VOTES, [ids]);
      return rows.map(({ option, votes }) => ({ option, votes: Number(votes) }));
    } catch (error) {
      // The worker makes the table; until it first runs, nobody has voted.
      if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return [];
      throw error;
    }
  }

  async ping() {
    await this.#pool.query('SELECT 1');
  }

  async close() {
    await this.#pool.end();
  }
}

/**
 * What went wrong with Postgres, in one line. When a name has several addresses and none answers,
 * Node reports an AggregateError whose own message is empty.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describeError(error) {
  if (error instanceof AggregateError) return error.errors.map(describeError).join('; ');
  return error instanceof Error ? error.message : String(error);
}
