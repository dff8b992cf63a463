import { stayConnected } from './connection.js';
import { View } from './view.js';

const address = new URL('ws', document.baseURI);
address.protocol = address.protocol.replace('http', 'ws');

const view = new View(document);

const connection = stayConnected(() => new WebSocket(address), {
  onMessage(data) {
    const message = JSON.parse(data);
    if (message.error === undefined) view.show(message);
    else view.showReconnecting();
  },
  onLost: () => view.showReconnecting(),
});

addEventListener('online', connection.retryNow);
