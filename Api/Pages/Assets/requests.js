// The newest requests, live, and a search in older ones; one of them as a picture.

import { el, put, empty, failed, openDialog } from './dom.js';
import { get } from './api.js';
import { live, listen } from './live.js';
import { timeline, stepName } from './charts.js';
import { clock, span, short, dollars, words } from './format.js';

const MOST = 200;

export function requestsPage(main, who) {
  const field = (label, input) => el('label', {}, el('span', {}, label), input);
  const model = el('input', { type: 'search', name: 'model', placeholder: 'part of a name', autocomplete: 'off' });
  const key = el('input', { type: 'search', name: 'key', placeholder: 'alias or key', autocomplete: 'off' });
  const status = el('select', { name: 'status' }, [['', 'any'], ['success', 'success'], ['failed', 'all failures'], ['cancelled', 'cancelled'], ['queue_full', 'queue full'], ['queue_timeout', 'queue timeout'],
    ['over_limit', 'over limit'], ['circuit_open', 'circuit open'], ['upstream_status', 'upstream error'], ['upstream_timeout', 'upstream timeout'], ['upstream_unreachable', 'unreachable']].map(([value, text]) => el('option', { value }, text)));
  const slow = el('input', { type: 'checkbox', name: 'slow' });
  const follow = el('input', { type: 'checkbox', name: 'live', checked: true });
  const body = el('tbody');
  const state = el('div');
  const table = el('table', { class: 'list requests' },
    el('thead', {}, el('tr', {}, [['Time'], ['Model'], ['Key', 'wide'], ['Backend', 'wide'], ['Status'], ['Tokens', 'num wide'], ['Queue', 'num wide'], ['First token', 'num wide'], ['Took', 'num'], ['Cost', 'num wide']]
      .map(([t, c]) => el('th', { scope: 'col', class: c ?? null }, t)))), body);
  main.append(
    el('div', { class: 'head' }, el('h1', {}, 'Requests')),
    el('form', { class: 'filters', role: 'search', onsubmit: e => { e.preventDefault(); load(); } },
      field('Model', model), who.admin || who.open ? field('Key', key) : null, field('Status', status),
      el('label', { class: 'check' }, slow, 'Slow first'), el('label', { class: 'check' }, follow, 'Live'), el('button', { class: 'primary' }, 'Search')),
    state, el('div', { class: 'scroll' }, table));

  let asked = 0;
  // What the rows were searched by: those that end meanwhile are held to it as well.
  let sought = { model: '', byKey: '', key: null, status: '' };
  async function load() {
    const mine = ++asked;
    table.setAttribute('aria-busy', 'true');
    const query = new URLSearchParams({ limit: MOST });
    const wanted = { model: model.value, status: status.value, byKey: key.value.trim() };
    if (wanted.model) query.set('model', wanted.model);
    if (wanted.byKey) query.set('key', wanted.byKey);
    if (wanted.status) query.set('status', wanted.status);
    if (slow.checked) query.set('slow', '1');
    try {
      const { data, key: name } = await get(`/ui/api/requests?${query}`);
      if (mine !== asked) return;
      // A key may be asked for by itself or by its hash; rows have its name.
      sought = { ...wanted, key: name };
      body.replaceChildren(...data.map(row));
      tell();
    } catch (error) {
      if (mine === asked) put(state, failed(error, load));
    } finally {
      table.removeAttribute('aria-busy');
    }
  }

  const filtered = () => sought.model || sought.byKey || sought.status;
  const tell = () => {
    table.hidden = body.children.length === 0;
    put(state, body.children.length > 0 ? null : filtered() ? empty('Nothing matches', 'Take a filter away, or look for a part of the name.') : empty('No requests yet', 'They appear here as they end. The playground can make one.'));
  };
  const matches = r => (!sought.model || r.model.toLowerCase().includes(sought.model.toLowerCase())) && (!sought.byKey || r.key === sought.key)
    && (!sought.status || r.status === sought.status || (sought.status === 'failed' && r.status !== 'success' && r.status !== 'cancelled'));

  const stop = listen((kind, data) => {
    if (kind === 'connection' && live.connected && follow.checked) load();
    if (kind !== 'request' || !follow.checked || slow.checked || !matches(data)) return;
    body.querySelector(`tr[data-id="${CSS.escape(data.id)}"]`)?.remove();
    body.prepend(row(data));
    while (body.children.length > MOST) body.lastChild.remove();
    tell();
  });
  for (const input of [status, slow, follow]) input.addEventListener('change', load);
  load();
  return stop;
}

function row(r) {
  return el('tr', { 'data-id': r.id },
    el('td', {}, el('button', { type: 'button', class: 'link', 'aria-label': `Details of the request at ${clock(r.time)}`, onclick: () => detail(r.id) }, clock(r.time))),
    el('td', {}, r.model, r.group && r.group !== r.model && el('span', { class: 'dim' }, ` → ${r.group}`)),
    el('td', { class: 'wide' }, r.key ?? r.user),
    el('td', { class: 'wide dim' }, (r.backend ?? '–').replace(/^https?:\/\//, '')),
    el('td', {}, statusBadge(r), r.retries > 0 && el('span', { class: 'badge warn' }, `${r.retries} ${r.retries === 1 ? 'retry' : 'retries'}`),
      r.fallbacks > 0 && el('span', { class: 'badge warn' }, 'fallback'), r.cached && el('span', { class: 'badge none' }, 'cached')),
    el('td', { class: 'num wide' }, `${short(r.prompt_tokens)} + ${short(r.completion_tokens)}`),
    el('td', { class: 'num wide' }, r.queued_ms > 0.5 ? span(r.queued_ms) : '–'),
    el('td', { class: 'num wide' }, span(r.first_token_ms)),
    el('td', { class: 'num' }, span(r.took_ms)),
    el('td', { class: 'num wide' }, dollars(r.cost)));
}

const statusBadge = r => el('span', { class: 'badge ' + (r.status === 'success' ? 'ok' : r.status === 'cancelled' ? 'none' : 'bad') }, words(r.status));

async function detail(id) {
  const place = el('div', {}, el('p', { class: 'state' }, 'Loading…'));
  const dialog = openDialog('Request', place, el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close')));
  dialog.classList.add('large');
  try {
    const r = await get(`/ui/api/requests/${encodeURIComponent(id)}`);
    const fact = (name, value) => value !== null && value !== undefined && value !== '' && el('div', {}, el('dt', {}, name), el('dd', {}, value));
    put(place,
      el('dl', { class: 'facts' },
        fact('Status', statusBadge(r)), fact('Time', clock(r.time)), fact('Model', r.model), fact('Served as', r.group !== r.model ? r.group : null), fact('Backend', r.backend),
        fact('Key', r.key), fact('User', r.user), fact('Node', r.node), fact('Tokens', `${short(r.prompt_tokens)} in, ${short(r.completion_tokens)} out`),
        fact('Tokens/s', speed(r)), fact('Took', span(r.took_ms)), fact('Cost', r.cost === undefined ? null : dollars(r.cost)), fact('Id', el('code', {}, r.id))),
      el('h3', {}, 'Timeline'),
      r.steps.length === 0 ? empty('No steps are known') : [el('div', { class: 'scroll' }, timeline(r)), el('ol', { class: 'steps' }, r.steps.map(s => el('li', { class: s.failed ? 'bad' : null },
        el('strong', {}, stepName(s)), ` ${span(s.from_ms)} – ${span(s.until_ms)}`, s.where && el('span', { class: 'dim' }, ` · ${s.where}`), s.detail && el('span', {}, ` · ${words(s.detail)}`))))]);
  } catch (error) {
    put(place, failed(error));
  }
}

function speed(r) {
  const tokens = r.steps.find(s => s.kind === 'tokens');
  const ms = tokens ? tokens.until_ms - tokens.from_ms : 0;
  return ms > 0 && r.completion_tokens > 1 ? ((r.completion_tokens - 1) / ms * 1000).toFixed(1) : null;
}
