const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
// The server sends the tally at once; what does not speak by then has reached a pod that is gone.
const GREETING_LIMIT_MS = 5_000;
// The server repeats the tally every 25 s; a connection silent for longer leads nowhere.
const SILENCE_LIMIT_MS = 60_000;

/**
 * Keeps a WebSocket open, for as long as the page lives.
 *
 * @param {() => WebSocket} open
 * @param {{ onMessage: (data: string) => void, onLost: () => void }} handlers
 * @returns {{ retryNow: () => void }}
 */
export function stayConnected(open, { onMessage, onLost }) {
  let attempts = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;

  function connect() {
    clearTimeout(retry);
    retry = undefined;
    const socket = open();
    /** @type {ReturnType<typeof setTimeout>} */
    let silence;
    /** @param {number} limitMs */
    const listen = (limitMs) => {
      clearTimeout(silence);
      silence = setTimeout(lose, limitMs);
    };
    // Closing a dead connection can take minutes to be confirmed, so nothing waits for it.
    const lose = () => {
      clearTimeout(silence);
      socket.onclose = socket.onmessage = null;
      socket.close();
      onLost();
      retry = setTimeout(connect, delayBefore(attempts));
      attempts += 1;
    };
    socket.onmessage = ({ data }) => {
      attempts = 0;
      listen(SILENCE_LIMIT_MS);
      onMessage(data);
    };
    socket.onclose = lose;
    listen(GREETING_LIMIT_MS);
  }

  connect();
  return {
    retryNow() {
      if (retry !== undefined) connect();
    },
  };
}

/**
 * Random, so that all viewers of a server that stopped do not come to the next one at once.
 *
 * @param {number} attempts
 */
export function delayBefore(attempts) {
  const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts);
  return most * (0.5 + Math.random() / 2);
}
