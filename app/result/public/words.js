// How the tally is put in words, for the server's first paint and for the page's updates alike.

const number = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** @param {number} votes */
export function votesInWords(votes) {
  return `${number.format(votes)} ${votes === 1 ? 'vote' : 'votes'}`;
}

/**
 * @param {number} votes
 * @param {number} total
 */
export function share(votes, total) {
  return total === 0 ? 0 : votes / total;
}

/**
 * @param {number} votes
 * @param {number} total
 */
export function shareInWords(votes, total) {
  return percent.format(share(votes, total));
}

/**
 * @param {number} votes
 * @param {number} total
 */
export function meterPercent(votes, total) {
  return String(Math.round(share(votes, total) * 1000) / 10);
}

/**
 * The whole tally in a sentence, for a screen reader.
 *
 * @param {{ options: { label: string, votes: number }[], total: number }} tally
 */
export function tallyInWords({ options, total }) {
  const parts = options.map(
    ({ label, votes }) => `${label}: ${votesInWords(votes)}, ${shareInWords(votes, total)}`,
  );
  return `${parts.join('; ')}. ${votesInWords(total)} in all.`;
}
