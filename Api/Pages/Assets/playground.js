// Chat with up to four models side by side. The gateway keeps the conversations.

import { el, put, empty, failed, confirm, announce } from './dom.js';
import { get, send } from './api.js';
import { chat } from './chat.js';
import { markdown } from './markdown.js';
import { span, rate, clock } from './format.js';

const MOST_COLUMNS = 4;

export function playgroundPage(main, who) {
  let models = [];
  let columns = [];
  let conversation = newId();
  let running = null;

  const list = el('div');
  const side = el('details', { class: 'side card', open: matchMedia('(min-width: 60rem)').matches },
    el('summary', {}, 'Conversations'), el('button', { type: 'button', class: 'quiet block', onclick: () => fresh() }, 'New conversation'), list);
  const system = el('textarea', { id: 'system', rows: '2', placeholder: 'You are…' });
  const temperature = el('input', { id: 'temperature', type: 'range', min: '0', max: '2', step: '0.1', value: '0.7' });
  const shown = el('output', { for: 'temperature' }, 'default');
  temperature.addEventListener('input', () => { shown.textContent = temperature.value; temperature.dataset.set = '1'; });
  const more = el('button', { type: 'button', class: 'quiet', onclick: () => { addColumn(models[columns.length % models.length]); } }, 'Compare with another model');
  const text = el('textarea', { id: 'prompt', rows: '3', required: true, placeholder: 'Say something. Enter sends, Shift+Enter is a new line.', 'aria-label': 'Message' });
  const sendButton = el('button', { class: 'primary' }, 'Send');
  const stopButton = el('button', { type: 'button', class: 'danger', hidden: true, onclick: () => running?.abort() }, 'Stop');
  const board = el('div', { class: 'columns' });
  const problem = el('div');
  const form = el('form', { class: 'ask card', onsubmit: e => { e.preventDefault(); ask(); } }, text, el('div', { class: 'buttons' }, stopButton, sendButton));
  text.addEventListener('keydown', e => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); form.requestSubmit(); }
  });
  main.append(el('h1', { class: 'hidden' }, 'Playground'), side, el('div', { class: 'desk' },
    el('div', { class: 'settings card' },
      el('details', {}, el('summary', {}, 'System prompt'), el('label', { class: 'hidden', for: 'system' }, 'System prompt'), system),
      el('label', { class: 'inline', for: 'temperature' }, el('span', {}, 'Temperature'), temperature, shown), more),
    problem, board, form));

  let ready = start();
  return () => running?.abort();

  async function start() {
    try {
      models = (await get('/v1/models')).data.map(m => m.id).filter(m => !m.includes('*'));
      if (models.length === 0) return put(problem, empty('No models', 'The configuration has none that this key may use.'));
      addColumn(models[0]);
      loadList();
      text.focus({ preventScroll: true });
    } catch (error) {
      put(problem, failed(error, () => { put(problem); ready = start(); }));
    }
  }

  function addColumn(model) {
    if (columns.length === MOST_COLUMNS || models.length === 0) return;
    const select = el('select', { 'aria-label': `Model ${columns.length + 1}` }, models.map(m => el('option', { value: m, selected: m === model }, m)));
    const log = el('div', { class: 'log', role: 'log', 'aria-label': 'Conversation', tabindex: '0' });
    const remove = el('button', { type: 'button', class: 'quiet icon', 'aria-label': 'Remove this model', onclick: () => {
      columns = columns.filter(c => c !== column);
      column.node.remove();
      layout();
    } }, '×');
    const column = { select, log, remove, part: nextPart(), node: el('section', { class: 'card column' }, el('header', {}, select, remove), log) };
    columns.push(column);
    board.append(column.node);
    layout();
  }

  function nextPart() {
    for (let n = 1; ; n++) if (!columns.some(c => c.part === n)) return n;
  }

  function layout() {
    board.dataset.columns = columns.length;
    more.disabled = columns.length >= MOST_COLUMNS || running !== null;
    for (const c of columns) c.remove.hidden = columns.length === 1;
  }

  function fresh() {
    running?.abort();
    conversation = newId();
    for (const c of columns) c.log.replaceChildren();
    for (const b of list.querySelectorAll('[aria-current]')) b.removeAttribute('aria-current');
    text.focus();
  }

  async function ask() {
    // Whoever is faster than the list of models need not say it twice.
    await ready;
    const words = text.value.trim();
    if (!words || running || columns.length === 0) return;
    const mine = running = new AbortController();
    text.value = '';
    sendButton.disabled = true;
    stopButton.hidden = false;
    layout();
    const body = { messages: [...(system.value.trim() ? [{ role: 'system', content: system.value.trim() }] : []), { role: 'user', content: words }] };
    if (temperature.dataset.set) body.temperature = Number(temperature.value);
    await Promise.all(columns.map(c => answer(c, words, { model: c.select.value, ...body }, mine.signal)));
    running = null;
    sendButton.disabled = false;
    stopButton.hidden = true;
    layout();
    announce(mine.signal.aborted ? 'Stopped' : 'Answer complete');
    loadList();
    text.focus({ preventScroll: true });
  }

  async function answer(column, words, body, signal) {
    column.log.append(message('user', [el('p', {}, words)]));
    const thoughts = el('div');
    const reasoning = el('details', { class: 'reasoning', hidden: true }, el('summary', {}, 'Reasoning'), thoughts);
    const out = el('div', { class: 'text' });
    const stats = el('div', { class: 'stats', role: 'status' }, 'Sent…');
    column.log.append(message('assistant', [reasoning, out, stats]));
    scroll(column.log, true);
    const began = performance.now();
    let first = null, tokens = 0, whole = '', thought = '', usage = null, place = null, drawing = false;
    const draw = () => {
      if (drawing) return;
      drawing = true;
      requestAnimationFrame(() => {
        drawing = false;
        const low = atEnd(column.log);
        out.replaceChildren(...markdown(whole));
        thoughts.textContent = thought;
        reasoning.hidden = thought === '';
        if (first !== null) stats.textContent = speed();
        if (low) scroll(column.log, true);
      });
    };
    const speed = () => {
      const seconds = (performance.now() - first) / 1000;
      const count = usage?.completion_tokens ?? tokens;
      return [`${count} tokens`, seconds > 0.05 && count > 1 ? `${rate((count - 1) / seconds)} tokens/s` : null, `first after ${span(first - began)}`, place].filter(Boolean).join(' · ');
    };
    const arrived = () => { first ??= performance.now(); tokens++; draw(); };
    let last = null;
    try {
      await chat(body, `${conversation}.${column.part}`, signal, {
        queued: (position, eta) => { stats.textContent = `Number ${position} in the queue` + (eta === null ? '' : `, about ${span(eta * 1000)}`); },
        started: headers => {
          const queued = Number(headers.get('x-queue-ms'));
          const fallback = headers.get('x-litellm-fallback-model');
          place = [queued > 1 ? `queued ${span(queued)}` : null, fallback ? `answered by ${fallback}` : null].filter(Boolean).join(' · ');
        },
        reasoning: t => { thought += t; arrived(); },
        text: t => { whole += t; arrived(); },
        usage: u => { usage = u; },
      });
      last = first === null ? 'No text' : speed();
    } catch (error) {
      last = signal.aborted ? `Stopped${first === null ? '' : ' · ' + speed()}` : null;
      if (!signal.aborted) out.parentNode.append(el('p', { class: 'problem', role: 'alert' }, error.message));
    }
    out.replaceChildren(...markdown(whole));
    thoughts.textContent = thought;
    reasoning.hidden = thought === '';
    first = null;
    put(stats, last);
    stats.dataset.done = '1';
  }

  async function loadList() {
    try {
      const { data } = await get('/ui/api/conversations');
      const groups = new Map();
      for (const c of data) {
        const [id] = c.id.split('.');
        if (!id.startsWith('ui-')) continue;
        if (!groups.has(id)) groups.set(id, []);
        groups.get(id).push(c);
      }
      put(list, groups.size === 0 ? el('p', { class: 'muted' }, 'None yet.') : el('ul', { class: 'conversations' }, [...groups].map(([id, parts]) => el('li', {},
        el('button', { type: 'button', class: 'link', 'aria-current': id === conversation ? 'true' : null, onclick: () => open(id, parts) }, parts[0].title || 'untitled',
          el('span', { class: 'dim' }, `${clock(parts[0].created)}${parts.length > 1 ? `, ${parts.length} models` : ''}`)),
        el('button', { type: 'button', class: 'quiet icon', 'aria-label': `Delete ${parts[0].title}`, onclick: () => erase(id, parts) }, '×')))));
    } catch (error) {
      put(list, failed(error, loadList));
    }
  }

  async function open(id, parts) {
    running?.abort();
    try {
      const contents = await Promise.all([...parts].sort((a, b) => a.id.localeCompare(b.id)).slice(0, MOST_COLUMNS).map(p => get(`/ui/api/conversations/${encodeURIComponent(p.id)}`)));
      conversation = id;
      while (columns.length < contents.length) addColumn(models[columns.length % models.length]);
      while (columns.length > contents.length) columns.pop().node.remove();
      contents.forEach((content, i) => {
        const column = columns[i];
        column.part = Number(content.id.split('.')[1] ?? 1);
        column.log.replaceChildren(...content.messages.filter(m => m.role === 'user' || m.role === 'assistant').map(m => message(m.role, markdown(textOf(m)))));
        const said = content.messages.find(m => m.role === 'system');
        if (said && i === 0) system.value = textOf(said);
        scroll(column.log, true);
      });
      layout();
      loadList();
    } catch (error) {
      put(problem, failed(error));
    }
  }

  async function erase(id, parts) {
    if (!await confirm('Delete this conversation?', 'The gateway forgets all of it, for good.', 'Delete', true)) return;
    try {
      for (const part of parts) await send(`/v1/conversations/${encodeURIComponent(part.id)}`, { method: 'DELETE' });
      if (id === conversation) fresh();
    } catch (error) {
      put(problem, failed(error));
    }
    loadList();
  }
}

const message = (role, children) => el('article', { class: `message ${role}`, 'aria-label': role === 'user' ? 'You' : 'Answer' }, children);

const textOf = m => typeof m.content === 'string' ? m.content : (m.content ?? []).map(p => p.text ?? '').join('\n');

const atEnd = log => log.scrollHeight - log.scrollTop - log.clientHeight < 40;

const scroll = (log, down) => { if (down) log.scrollTop = log.scrollHeight; };

const newId = () => 'ui-' + Array.from(crypto.getRandomValues(new Uint8Array(8)), b => b.toString(16).padStart(2, '0')).join('');
