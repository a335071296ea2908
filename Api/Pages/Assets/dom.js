// The few lines that stand in for a framework. Text is always set as text: nothing here parses HTML.

import { live, listen } from './live.js';

const SVG = 'http://www.w3.org/2000/svg';

const fill = (node, children) => {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
};

/** el('button', {class: 'quiet', onclick: f, disabled: true}, 'Text', otherNode) */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'class') node.className = value;
    else if (name in node && name !== 'list' && name !== 'form' && typeof value !== 'string') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  return fill(node, children);
}

export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  return fill(node, children);
}

/** Replaces what is in a node; one that would look the same is left alone, so that focus and selection stay. */
export function put(node, ...children) {
  const next = fill(document.createElement('div'), children);
  if (next.innerHTML === node.innerHTML && !next.querySelector('button,a,input,select')) return node;
  node.replaceChildren(...next.childNodes);
  return node;
}

export const announce = text => { document.getElementById('announce').textContent = text; };

/** Asks before something is done; resolves to whether to do it. The focus is on the harmless answer. */
export function confirm(title, text, action, danger = false) {
  return new Promise(resolve => {
    const no = el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel');
    const yes = el('button', { type: 'button', class: danger ? 'danger' : 'primary', onclick: () => dialog.close('yes') }, action);
    const dialog = openDialog(title, el('p', {}, text), el('div', { class: 'buttons' }, no, yes));
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    no.focus();
  });
}

export function openDialog(title, ...children) {
  const heading = el('h2', { id: 'dialog-title' }, title);
  const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' }, heading, ...children);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Those that belong to what is shown beneath them. One with data-keep has what is shown nowhere else, and is closed by hand. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]:not([data-keep])')) dialog.close();
}

export const empty = (title, hint) => el('div', { class: 'state' }, el('strong', {}, title), hint && el('p', {}, hint));

/** What did not work. If it was that the gateway cannot be reached, it is done again when it is back, as long as somebody still looks at it. */
export function failed(error, retry) {
  const shown = el('div', { class: 'state bad', role: 'alert' },
    el('strong', {}, 'That did not work'), el('p', {}, error.message), retry && el('button', { type: 'button', class: 'quiet', onclick: () => retry() }, 'Try again'));
  if (error.status !== 0 || !retry) return shown;
  const stop = listen(kind => {
    if (kind !== 'connection' || !live.connected) return;
    stop();
    if (shown.isConnected) retry();
  });
  return shown;
}
