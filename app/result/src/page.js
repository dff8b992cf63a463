import { meterPercent, shareInWords, votesInWords } from '../public/words.js';

/**
 * @typedef {import('./results.js').Tally} Tally
 * @typedef {import('./config.js').Option & { votes?: number }} Row
 */

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

const EMPTY_ROW = { id: '', label: '', color: '#000000', votes: 0 };

/**
 * The page as it is first painted, complete without a script.
 *
 * @param {import('./config.js').Poll} poll
 * @param {Tally | null} tally null while the votes could not be read even once
 * @param {boolean} stale the votes cannot be read now
 */
export function renderPage(poll, tally, stale) {
  const title = escapeHtml(poll.title);
  /** @type {Row[]} */
  const rows = tally?.options ?? poll.options;
  const total = tally?.total ?? 0;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <link rel="icon" href="static/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="static/result.css">
    <script type="module" src="static/result.js"></script>
    <noscript><meta http-equiv="refresh" content="5"></noscript>
  </head>
  <body>
    <main>
      <h1 id="title">${title}</h1>
      <p id="connection" role="status" data-state="${stale ? 'stale' : 'loaded'}">${stale ? 'Reconnecting…' : ''}</p>
      <section class="card" aria-labelledby="title">
        <ul id="options" role="list">${rows.map((row) => renderRow(row, total)).join('')}
        </ul>
        <p id="total">${tally ? votesInWords(total) : 'Not counted yet'}</p>
      </section>
      <noscript><p class="note">Scripts are off, so this page is loaded again every five seconds.</p></noscript>
      <p id="announcement" class="visually-hidden" aria-live="polite"></p>
    </main>
    <template id="row">${renderRow(EMPTY_ROW, 0)}</template>
  </body>
</html>
`;
}

/**
 * Colours and widths are attributes of an SVG, since the content security policy forbids inline styles.
 *
 * @param {Row} row
 * @param {number} total
 */
function renderRow({ id, label, color, votes }, total) {
  const counted = votes !== undefined;
  const share = counted ? shareInWords(votes, total) : '–';
  const count = counted ? votesInWords(votes) : '';
  const spoken = counted ? `${count}, ${share}` : 'not counted yet';
  const percent = meterPercent(votes ?? 0, total);
  return `
          <li data-option="${id}">
            <span class="label" id="label-${id}">${escapeHtml(label)}</span>
            <span class="figures"><span class="count">${count}</span> <span class="share">${share}</span></span>
            <div class="bar" role="meter" aria-labelledby="label-${id}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}" aria-valuetext="${spoken}">
              <svg aria-hidden="true"><rect width="${percent}%" height="100%" fill="${color}"></rect></svg>
            </div>
          </li>`;
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => ESCAPES.get(character) ?? character);
}
