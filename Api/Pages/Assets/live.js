// One connection for all pages: what the gateway tells is kept here and passed on. The browser connects again by itself, and gets all of the state again.

const listeners = new Set();
let source = null;

export const live = { connected: false, node: null, backends: new Map() };

/** @returns how to stop listening */
export function listen(hear) {
  listeners.add(hear);
  return () => listeners.delete(hear);
}

const tell = (kind, data) => { for (const hear of listeners) hear(kind, data); };

export function connect(onRefused) {
  if (source) return;
  source = new EventSource('/ui/live');
  source.addEventListener('hello', e => {
    live.node = JSON.parse(e.data).node;
    live.connected = true;
    // All of the state follows: what is not told again is not there any more.
    live.backends.clear();
    tell('connection');
  });
  source.addEventListener('backend', e => {
    const backend = JSON.parse(e.data);
    backend.heard = performance.now();
    live.backends.set(backend.backend, backend);
    tell('backend', backend);
  });
  source.addEventListener('gone', e => {
    const { backend } = JSON.parse(e.data);
    if (live.backends.delete(backend)) tell('gone', backend);
  });
  source.addEventListener('request', e => tell('request', JSON.parse(e.data)));
  source.onerror = () => {
    const refused = source.readyState === EventSource.CLOSED;
    live.connected = false;
    tell('connection');
    if (!refused) return;
    disconnect();
    onRefused();
  };
}

export function disconnect() {
  source?.close();
  source = null;
  live.connected = false;
  live.backends.clear();
}

window.addEventListener('pagehide', () => source?.close());
