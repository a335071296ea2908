// One connection for all pages: what the gateway tells is kept here and passed on. Whoever connects again gets all of the state again.

const SILENCE = 30_000; // ms; the gateway says something every 10 s
const PAUSES = [1_000, 2_000, 5_000, 10_000, 30_000]; // ms, after refusals in a row

const listeners = new Set();
let source = null;
let heard = 0;
let refusals = 0;
let again = null;
let allowed = null;

export const live = { connected: false, lost: false, node: null, backends: new Map() };

/** @returns how to stop listening */
export function listen(hear) {
  listeners.add(hear);
  return () => listeners.delete(hear);
}

const tell = (kind, data) => { for (const hear of listeners) hear(kind, data); };

/** @param mayGoOn resolves to whether to try again after a refusal */
export function connect(mayGoOn) {
  allowed = mayGoOn;
  if (!source && !again) open();
}

function open() {
  again = null;
  heard = performance.now();
  source = new EventSource('/ui/live');
  const on = (kind, hear) => source.addEventListener(kind, e => {
    heard = performance.now();
    hear(JSON.parse(e.data));
  });
  on('hello', ({ node }) => {
    refusals = 0;
    Object.assign(live, { node, connected: true, lost: false });
    // All of the state follows: what is not told again is not there any more.
    live.backends.clear();
    tell('connection');
  });
  on('backend', backend => {
    backend.heard = heard;
    live.backends.set(backend.backend, backend);
    tell('backend', backend);
  });
  on('gone', ({ backend }) => { if (live.backends.delete(backend)) tell('gone', backend); });
  on('request', request => tell('request', request));
  on('beat', () => {});
  source.onerror = () => {
    lose();
    // A connection that broke the browser makes anew by itself, one that was refused it does not.
    if (source.readyState === EventSource.CLOSED) tryLater();
  };
}

function lose() {
  if (live.lost) return;
  Object.assign(live, { connected: false, lost: true });
  tell('connection');
}

function tryLater() {
  close();
  again = setTimeout(async () => { if (await allowed() && again) open(); }, PAUSES[Math.min(refusals++, PAUSES.length - 1)]);
}

function close() {
  source?.close();
  clearTimeout(again);
  source = again = null;
}

export function disconnect() {
  close();
  refusals = 0;
  Object.assign(live, { connected: false, lost: false });
  live.backends.clear();
}

// A node that went without a word, or a computer that slept.
setInterval(() => {
  if (!source || performance.now() - heard < SILENCE) return;
  lose();
  close();
  open();
}, 5_000);

window.addEventListener('pagehide', () => source?.close());
