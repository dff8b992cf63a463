const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
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
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(lose, SILENCE_LIMIT_MS);
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
      listen();
      onMessage(data);
    };
    socket.onclose = lose;
    listen();
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
