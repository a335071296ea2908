// The shell: who is signed in, which page is shown, and the line at the top.

import { el, put, failed, closeDialogs } from './dom.js';
import { get, send, session } from './api.js';
import { live, listen, connect, disconnect } from './live.js';
import { signIn } from './signin.js';
import { backendsPage } from './backends.js';
import { requestsPage } from './requests.js';
import { usagePage } from './usage.js';
import { keysPage } from './keys.js';
import { playgroundPage } from './playground.js';

const PAGES = {
  backends: { title: 'Backends', show: backendsPage },
  requests: { title: 'Requests', show: requestsPage },
  usage: { title: 'Usage', show: usagePage },
  keys: { title: 'Keys', show: keysPage },
  playground: { title: 'Playground', show: playgroundPage },
};

const main = document.getElementById('main');
const top = document.getElementById('top');
let who = null;
let leave = null;
let stopTelling = () => {};

// The tabs of a browser share its cookie: what one of them does with it, it tells the others.
const tabs = new BroadcastChannel('orleansllm-session');
tabs.onmessage = () => staysSignedIn();

const pageOf = path => PAGES[path.split('/')[2]] ? path.split('/')[2] : 'backends';

async function start() {
  let now;
  try {
    now = await get('/ui/session');
  } catch (error) {
    put(main, failed(error, start));
    main.removeAttribute('aria-busy');
    setTimeout(start, 5000);
    return;
  }
  enter(now);
}

function enter(now) {
  who = now;
  // What is told to one is not for the next.
  disconnect();
  if (!who.signed_in) return showSignIn();
  connect(staysSignedIn);
  header();
  show(location.pathname, false);
}

/** Asked before the live connection is made again: the page stays as it is unless somebody knows that the session is over, or another's by now. */
async function staysSignedIn() {
  try {
    const now = await get('/ui/session');
    if (!who || ['signed_in', 'open', 'admin', 'name'].some(fact => now[fact] !== who[fact])) enter(now);
    return now.signed_in;
  } catch {
    return true;
  }
}

async function sessionChanged() {
  tabs.postMessage('changed');
  await start();
}

function showSignIn() {
  leave?.();
  leave = null;
  stopTelling();
  // The form could not be reached beneath one.
  closeDialogs();
  put(top, brand());
  document.title = 'Sign in · OrleansLlm';
  main.className = 'narrow';
  main.removeAttribute('aria-busy');
  main.replaceChildren(signIn(sessionChanged));
  main.querySelector('#key').focus();
}

function show(path, focus = true) {
  const name = pageOf(path);
  leave?.();
  closeDialogs();
  document.title = `${PAGES[name].title} · OrleansLlm`;
  for (const link of top.querySelectorAll('nav a')) {
    if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  main.className = name;
  main.replaceChildren();
  main.removeAttribute('aria-busy');
  leave = PAGES[name].show(main, who) ?? null;
  if (focus) main.focus({ preventScroll: true });
}

const brand = () => el('a', { class: 'brand', href: '/ui' }, el('img', { src: '/ui/assets/icon.svg', alt: '', width: '22', height: '22' }), 'OrleansLlm');

function header() {
  const state = el('span', { class: 'connection', role: 'status' });
  const tell = () => put(state, el('span', { class: 'dot ' + (live.connected ? 'ok' : 'bad') }), el('span', { class: 'label' }, live.connected ? `Live from ${live.node}` : live.lost ? 'Connection lost, trying again' : 'Connecting'));
  tell();
  stopTelling();
  stopTelling = listen(kind => { if (kind === 'connection') tell(); });
  const nav = el('nav', { 'aria-label': 'Pages' }, Object.entries(PAGES).map(([name, page]) =>
    el('a', { href: `/ui/${name}`, 'data-page': name }, page.title)));
  const theme = el('button', { type: 'button', class: 'quiet icon', 'aria-label': 'Switch between light and dark', title: 'Light or dark', onclick: switchTheme }, '◐');
  const out = !who.open && el('button', { type: 'button', class: 'quiet', onclick: signOut }, 'Sign out');
  top.replaceChildren(brand(), nav, el('div', { class: 'right' }, state, el('span', { class: 'who', title: 'Signed in as' }, who.open ? 'open gateway' : who.name), theme, out || ''));
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try { localStorage.setItem('theme', root.dataset.theme); } catch { /* not remembered then */ }
}

async function signOut() {
  try { await send('/ui/session', { method: 'DELETE' }); } catch { /* it is over on this side in any case */ }
  await sessionChanged();
}

session.lost = () => { if (who?.signed_in) start(); };

// The browser makes a connection anew with the cookie that it has by then.
let wasLost = false;
listen(kind => {
  if (kind !== 'connection') return;
  if (live.connected && wasLost) staysSignedIn();
  wasLost = live.lost;
});

/** The address is another one. Whoever is not signed in stays at the form, which leads there. */
const follow = () => { if (who?.signed_in) show(location.pathname); };

document.addEventListener('click', e => {
  const link = e.target.closest('a[href^="/ui"]');
  if (!link || link.hasAttribute('download') || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
  e.preventDefault();
  history.pushState(null, '', link.href);
  follow();
});
window.addEventListener('popstate', follow);

start();
