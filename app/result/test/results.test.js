import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Results, Unavailable } from '../src/results.js';
import { memoryLog } from './support/service.js';

const poll = {
  title: 'Results',
  options: [
    { id: 'a', label: 'Cats', color: '#1aaaf8' },
    { id: 'b', label: 'Dogs', color: '#00cbca' },
  ],
};

/** Results over a database whose every query the test answers. */
function setUp() {
  /** @type {{ resolve: (counts: import('../src/store.js').Count[]) => void, reject: (error: Error) => void }[]} */
  const queries = [];
  const source = {
    /** @returns {Promise<import('../src/store.js').Count[]>} */
    countVotes: () => new Promise((resolve, reject) => queries.push({ resolve, reject })),
  };
  const { log, lines } = memoryLog();
  return { results: new Results(poll, source, 0, log), queries, lines };
}

test('while a query runs, whoever asks waits for its answer', async () => {
  const { results, queries } = setUp();
  const asked = [results.get(), results.refresh(), results.get()];
  assert.equal(queries.length, 1);
  queries[0]?.resolve([{ option: 'b', votes: 2 }]);
  for (const tally of await Promise.all(asked)) assert.equal(tally.total, 2);
  results.get().catch(() => {});
  assert.equal(queries.length, 2);
});

test('an outage and its end are logged once each, and the last tally is kept', async () => {
  const { results, queries, lines } = setUp();
  const first = results.refresh();
  queries[0]?.resolve([{ option: 'a', votes: 1 }]);
  await first;
  for (const query of [1, 2, 3]) {
    const failed = results.refresh();
    queries[query]?.reject(new AggregateError([new Error('away'), new Error('gone')]));
    await assert.rejects(failed, Unavailable);
  }
  assert.equal(results.last?.total, 1);
  const last = results.refresh();
  queries[4]?.resolve([]);
  await last;
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [
      ['warning', 'The votes cannot be read: away; gone'],
      ['info', 'The votes can be read again'],
    ],
  );
});
