import { meterPercent, shareInWords, tallyInWords, votesInWords } from './words.js';

/**
 * @typedef {{ id: string, label: string, color: string, votes: number }} Option
 * @typedef {{ title: string, options: Option[], total: number }} Tally
 */

// A screen reader is told the tally no oftener than this, however fast votes come in.
const ANNOUNCE_EVERY_MS = 10_000;

/** Keeps the page that the server painted up to date. */
export class View {
  #document;
  #shape = '';
  /** @type {Tally | null} */
  #tally = null;
  #announced = '';
  #announcing = false;

  /** @param {Document} document */
  constructor(document) {
    this.#document = document;
  }

  /** @param {Tally} tally */
  show(tally) {
    this.#setState('live', 'Live');
    this.#rebuildIfChanged(tally);
    for (const option of tally.options) this.#fill(option, tally.total);
    this.#text('#total', votesInWords(tally.total));
    this.#tally = tally;
    this.#announce();
  }

  /** The last tally stays on the page, marked as such. */
  showReconnecting() {
    this.#setState('stale', 'Reconnecting…');
  }

  /**
   * @param {string} state
   * @param {string} words
   */
  #setState(state, words) {
    this.#element('#connection').dataset.state = state;
    this.#text('#connection', words);
  }

  /**
   * A pod that replaced the one which painted the page may serve a changed poll.
   *
   * @param {Tally} tally
   */
  #rebuildIfChanged({ title, options }) {
    const shape = JSON.stringify([
      title,
      options.map(({ id, label, color }) => [id, label, color]),
    ]);
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#document.title = title;
    this.#text('#title', title);
    const rows = options.map((option) => this.#row(option));
    this.#element('#options').replaceChildren(...rows);
  }

  /** @param {Option} option */
  #row({ id, label, color }) {
    const existing = this.#document.querySelector(`#options [data-option="${id}"]`);
    const row = existing ?? this.#blankRow();
    row.setAttribute('data-option', id);
    const name = find(row, '.label');
    name.id = `label-${id}`;
    name.textContent = label;
    find(row, '.bar').setAttribute('aria-labelledby', name.id);
    find(row, 'rect').setAttribute('fill', color);
    return row;
  }

  #blankRow() {
    const template = /** @type {HTMLTemplateElement} */ (this.#element('#row'));
    return /** @type {Element} */ (find(template.content, 'li').cloneNode(true));
  }

  /**
   * @param {Option} option
   * @param {number} total
   */
  #fill({ id, votes }, total) {
    const row = this.#element(`#options [data-option="${id}"]`);
    const percent = meterPercent(votes, total);
    find(row, '.count').textContent = votesInWords(votes);
    find(row, '.share').textContent = shareInWords(votes, total);
    find(row, 'rect').setAttribute('width', `${percent}%`);
    const bar = find(row, '.bar');
    bar.setAttribute('aria-valuenow', percent);
    bar.setAttribute('aria-valuetext', `${votesInWords(votes)}, ${shareInWords(votes, total)}`);
  }

  #announce() {
    const words = this.#tally === null ? '' : tallyInWords(this.#tally);
    if (this.#announcing || words === this.#announced) return;
    this.#announced = words;
    this.#text('#announcement', words);
    this.#announcing = true;
    setTimeout(() => {
      this.#announcing = false;
      this.#announce();
    }, ANNOUNCE_EVERY_MS);
  }

  /**
   * @param {string} selector
   * @param {string} words
   */
  #text(selector, words) {
    const element = this.#element(selector);
    // Setting the same text again would make a live region speak again.
    if (element.textContent !== words) element.textContent = words;
  }

  /** @param {string} selector */
  #element(selector) {
    return find(this.#document, selector);
  }
}

/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
function find(parent, selector) {
  const element = parent.querySelector(selector);
  if (element === null) throw new Error(`The page has no ${selector}`);
  return /** @type {HTMLElement} */ (element);
}
