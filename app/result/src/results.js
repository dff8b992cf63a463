import { describeError } from './store.js';

/**
 * @typedef {import('./config.js').Poll} Poll
 * @typedef {import('./config.js').Option & { votes: number }} OptionTally
 * @typedef {{ title: string, options: OptionTally[], total: number }} Tally
 * @typedef {{ countVotes(ids: string[]): Promise<import('./store.js').Count[]> }} VoteSource
 */

/** The votes cannot be read; the message is fit for a viewer, the cause is in the log. */
export class Unavailable extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super('The votes cannot be read, because the database does not answer. Trying again.', {
      cause,
    });
  }
}

/**
 * The tally, shared by everyone who asks: at most one query runs at a time, and its answer serves
 * whoever asks within `maxAgeMs` of its start, be it a tally or a failure.
 */
export class Results {
  #poll;
  #source;
  #maxAgeMs;
  #log;
  /** @type {Promise<Tally>} */
  #answer = Promise.reject(new Unavailable('not asked yet'));
  #running = false;
  #expires = -Infinity;
  #failing = false;
  #strayLogged = false;
  /** @type {Tally | null} the latest that could be read, to show while Postgres is away */
  last = null;

  /**
   * @param {Poll} poll
   * @param {VoteSource} source
   * @param {number} maxAgeMs
   * @param {import('./log.js').Logger} log
   */
  constructor(poll, source, maxAgeMs, log) {
    this.#poll = poll;
    this.#source = source;
    this.#maxAgeMs = maxAgeMs;
    this.#log = log;
    this.#answer.catch(() => {});
  }

  /** The tally, never older than `maxAgeMs`. */
  get() {
    return performance.now() < this.#expires ? this.#answer : this.refresh();
  }

  /** The tally from a query that starts now, or from the one that is running. */
  refresh() {
    if (this.#running) return this.#answer;
    this.#running = true;
    this.#expires = performance.now() + this.#maxAgeMs;
    this.#answer = this.#read();
    return this.#answer;
  }

  async #read() {
    try {
      const counts = await this.#source.countVotes(this.#poll.options.map(({ id }) => id));
      this.last = this.#tally(counts);
      if (this.#failing) this.#log.info('The votes can be read again');
      this.#failing = false;
      return this.last;
    } catch (err) {
      // Said once an outage: the poller would repeat it twice a second.
      if (!this.#failing) {
        this.#log.warn({ err }, `The votes cannot be read: ${describeError(err)}`);
      }
      this.#failing = true;
      throw new Unavailable(err);
    } finally {
      this.#running = false;
    }
  }

  /**
   * @param {import('./store.js').Count[]} counts
   * @returns {Tally}
   */
  #tally(counts) {
    const votes = new Map(counts.map((count) => [count.option, count.votes]));
    this.#reportStray(votes.get(null) ?? 0);
    const options = this.#poll.options.map((option) => ({
      ...option,
      votes: votes.get(option.id) ?? 0,
    }));
    const total = options.reduce((sum, option) => sum + option.votes, 0);
    return { title: this.#poll.title, options, total };
  }

  /** @param {number} votes */
  #reportStray(votes) {
    if (votes === 0 || this.#strayLogged) return;
    this.#strayLogged = true;
    this.#log.warn(
      { votes },
      'Some stored votes are for options that the poll does not list; they are not counted',
    );
  }
}
