import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { View } from '../public/view.js';
import { renderPage } from '../src/page.js';
import { startService } from './support/service.js';

const EVIL = '"><img src=x onerror=alert(1)>&\'';
const poll = {
  title: 'Results',
  options: [
    { id: 'a', label: 'Cats', color: '#1aaaf8' },
    { id: 'b', label: 'Dogs', color: '#00cbca' },
  ],
};

/** @param {number[]} votes */
const tallyOf = (...votes) => ({
  title: poll.title,
  options: poll.options.map((option, index) => ({ ...option, votes: votes[index] ?? 0 })),
  total: votes.reduce((sum, count) => sum + count, 0),
});

/**
 * A view whose throttle of announcements runs on the test's own clock.
 *
 * @param {import('node:test').TestContext} t
 * @param {Document} document
 */
function viewOf(t, document) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return new View(document);
}

/** @param {string} html */
const parse = (html) => new JSDOM(html).window.document;

/**
 * @param {Document} document
 * @param {string} selector
 */
const texts = (document, selector) =>
  [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);

test('the first paint shows the tally without a script', () => {
  const document = parse(renderPage(poll, tallyOf(1, 2), false));
  assert.deepEqual(texts(document, '.label'), ['Cats', 'Dogs']);
  assert.deepEqual(texts(document, '.count'), ['1 vote', '2 votes']);
  assert.deepEqual(texts(document, '.share'), ['33.3%', '66.7%']);
  assert.deepEqual(texts(document, '#total'), ['3 votes']);
  const bar = document.querySelector('[data-option="b"] [role="meter"]');
  assert.equal(bar?.getAttribute('aria-valuenow'), '66.7');
  assert.equal(bar?.getAttribute('aria-valuetext'), '2 votes, 66.7%');
  assert.equal(bar?.querySelector('rect')?.getAttribute('width'), '66.7%');
  assert.equal(bar?.querySelector('rect')?.getAttribute('fill'), '#00cbca');
});

test('labels and titles are text, in the first paint as in updates', (t) => {
  const evil = { ...tallyOf(1, 1), title: EVIL };
  evil.options = evil.options.map((option) => ({ ...option, label: EVIL }));
  const painted = parse(renderPage(evil, evil, false));
  const updated = parse(renderPage(poll, tallyOf(1, 1), false));
  viewOf(t, updated).show(evil);
  for (const document of [painted, updated]) {
    assert.equal(document.querySelector('img'), null);
    assert.deepEqual(texts(document, '.label'), [EVIL, EVIL]);
    assert.equal(document.title, EVIL);
    assert.deepEqual(texts(document, 'h1'), [EVIL]);
  }
});

test('the content security policy leaves no room for inline or foreign code, and none is there', async (t) => {
  const service = await startService({ port: 1 });
  t.after(() => service.close());
  const response = await fetch(service.url);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('x-powered-by'), null);
  const document = parse(await response.text());
  assert.equal(document.querySelector('style, [style], script:not([src])'), null);
  for (const link of document.querySelectorAll('[src], [href]')) {
    const address = link.getAttribute('src') ?? link.getAttribute('href') ?? '';
    assert.match(address, /^static\//);
    assert.equal((await fetch(`${service.url}/${address}`)).status, 200);
  }
});

test('an update moves the bars in place', (t) => {
  const document = parse(renderPage(poll, tallyOf(1, 1), false));
  const view = viewOf(t, document);
  const row = document.querySelector('[data-option="a"]');
  view.show(tallyOf(3, 1));
  assert.equal(document.querySelector('[data-option="a"]'), row);
  assert.equal(row?.querySelector('rect')?.getAttribute('width'), '75%');
  assert.deepEqual(texts(document, '.count'), ['3 votes', '1 vote']);
  assert.deepEqual(texts(document, '#total'), ['4 votes']);
  assert.deepEqual(texts(document, '#connection'), ['Live']);
});

test('an outage keeps the tally on the page and says so', (t) => {
  const document = parse(renderPage(poll, tallyOf(0, 0), false));
  const view = viewOf(t, document);
  view.show(tallyOf(3, 1));
  view.showReconnecting();
  assert.deepEqual(texts(document, '#connection'), ['Reconnecting…']);
  assert.deepEqual(texts(document, '#total'), ['4 votes']);
});

test('a poll that changed is shown as the new server has it', (t) => {
  const document = parse(renderPage(poll, tallyOf(3, 1), false));
  const view = viewOf(t, document);
  view.show(tallyOf(3, 1));
  const fish = { id: 'c', label: 'Fish', color: '#ff8800', votes: 2 };
  const cats = { id: 'a', label: 'Lions', color: '#112233', votes: 3 };
  view.show({ title: 'So far', options: [fish, cats], total: 5 });
  assert.deepEqual(texts(document, 'h1'), ['So far']);
  assert.deepEqual(texts(document, '.label'), ['Fish', 'Lions']);
  assert.deepEqual(texts(document, '.share'), ['40%', '60%']);
  const fill = document.querySelector('[data-option="a"] rect')?.getAttribute('fill');
  assert.equal(fill, '#112233');
  for (const bar of document.querySelectorAll('[role="meter"]')) {
    assert.ok(document.getElementById(bar.getAttribute('aria-labelledby') ?? ''));
  }
});

test('a screen reader is told the tally at most every ten seconds, and the latest one', (t) => {
  const document = parse(renderPage(poll, tallyOf(0, 0), false));
  const view = viewOf(t, document);
  const announced = () => document.getElementById('announcement')?.textContent;
  view.show(tallyOf(1, 0));
  assert.equal(announced(), 'Cats: 1 vote, 100%; Dogs: 0 votes, 0%. 1 vote in all.');
  for (let votes = 2; votes <= 1500; votes += 1) view.show(tallyOf(votes, 0));
  assert.match(announced() ?? '', /Cats: 1 vote,/);
  t.mock.timers.tick(10_000);
  assert.match(announced() ?? '', /Cats: 1,500 votes,/);
});
