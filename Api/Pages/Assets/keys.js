// Virtual keys: make, limit, block, delete. A virtual key sees only itself.

import { el, put, empty, failed, confirm, openDialog } from './dom.js';
import { get, post } from './api.js';
import { day, dollars, short } from './format.js';

const SIZE = 50;

export function keysPage(main, who) {
  const place = el('div', {}, el('p', { class: 'state' }, 'Loading…'));
  const make = who.admin && el('button', { type: 'button', class: 'primary', onclick: () => edit(null, load) }, 'New key');
  const search = el('input', { type: 'search', name: 'search', 'aria-label': 'Search', placeholder: 'part of a name, user or team; or a key', maxlength: '200', autocomplete: 'off' });
  main.append(el('div', { class: 'head' }, el('h1', {}, 'Keys'), make || ''),
    who.admin ? el('form', { class: 'search', role: 'search', onsubmit: e => { e.preventDefault(); page = 1; load(); } }, search, el('button', { class: 'quiet' }, 'Search')) : '', place);
  let page = 1;
  let asked = 0;

  async function load() {
    const mine = ++asked;
    try {
      if (who.open) return put(place, empty('This gateway is open', 'Keys can be made once general_settings.master_key is set; no restart is needed.'));
      if (!who.admin) {
        const { key, info } = await get('/key/info');
        return put(place, table([{ ...info, token: key }], false));
      }
      const query = new URLSearchParams({ return_full_object: 'true', sort_by: 'key_alias', size: SIZE, page });
      const part = search.value.trim();
      if (part) query.set('search', part);
      const list = await get(`/key/list?${query}`);
      if (mine !== asked) return;
      // The only key of the last page was deleted.
      if (list.keys.length === 0 && page > 1) {
        page = Math.max(1, Math.min(page - 1, list.total_pages));
        return load();
      }
      put(place, list.keys.length === 0 ? part ? empty('Nothing matches', list.sorted ? 'Look for a part of the name, or for the user or team.' : 'Among so many keys a search finds whole names, users and teams, and keys themselves.')
        : empty('No keys yet', 'Make one for each person or program: each has its own limits, and can be taken away alone.') : table(list.keys, true),
        list.total_pages > 1 && el('div', { class: 'buttons' },
          el('button', { type: 'button', class: 'quiet', disabled: page === 1, onclick: () => { page--; load(); } }, 'Before'),
          el('span', {}, `Page ${page} of ${list.total_pages}, ${list.total_count} keys`),
          el('button', { type: 'button', class: 'quiet', disabled: page >= list.total_pages, onclick: () => { page++; load(); } }, 'Next')));
    } catch (error) {
      if (mine === asked) put(place, failed(error, load));
    }
  }

  const change = async (path, body) => {
    try {
      await post(path, body);
      await load();
    } catch (error) {
      put(place, failed(error, load));
    }
  };

  function table(keys, admin) {
    return el('div', { class: 'scroll' }, el('table', { class: 'list keys' },
      el('thead', {}, el('tr', {}, [['Key'], ['User', 'wide'], ['Models', 'wide'], ['Limits', 'wide'], ['Spend', 'num'], ['Expires', 'wide'], ['State'], admin && ['Actions']].filter(Boolean).map(([t, c]) => el('th', { scope: 'col', class: c ?? null }, t)))),
      el('tbody', {}, keys.map(k => el('tr', { 'data-key': k.token },
        el('th', { scope: 'row' }, k.key_alias ?? 'no name', el('div', { class: 'dim mono' }, k.key_name)),
        el('td', { class: 'wide' }, k.user_id ?? '–', k.team_id && el('div', { class: 'dim' }, `team ${k.team_id}`)),
        el('td', { class: 'wide' }, k.models.length === 0 ? el('span', { class: 'dim' }, 'all') : k.models.map(m => el('span', { class: 'chip' }, m))),
        el('td', { class: 'wide' }, limits(k)),
        el('td', { class: 'num' }, dollars(k.spend), k.max_budget !== null && el('div', { class: 'dim' }, `of ${dollars(k.max_budget)}${k.budget_duration ? ` / ${k.budget_duration}` : ''}`)),
        el('td', { class: 'wide' }, k.expires ? day(k.expires) : el('span', { class: 'dim' }, 'never')),
        el('td', {}, state(k)),
        admin && el('td', {}, el('div', { class: 'actions' },
          el('button', { type: 'button', class: 'quiet', 'aria-label': `Edit ${nameOf(k)}`, onclick: () => edit(k, load) }, 'Edit'),
          el('button', { type: 'button', class: 'quiet', 'aria-label': `${k.blocked ? 'Unblock' : 'Block'} ${nameOf(k)}`, onclick: async () => {
            if (k.blocked || await confirm('Block this key?', `${nameOf(k)} stops working within a second: whoever uses it is refused until it is unblocked.`, 'Block', true)) change(k.blocked ? '/key/unblock' : '/key/block', { key: k.token });
          } }, k.blocked ? 'Unblock' : 'Block'),
          el('button', { type: 'button', class: 'quiet bad', 'aria-label': `Delete ${nameOf(k)}`, onclick: async () => {
            if (await confirm('Delete this key?', `${nameOf(k)} stops working within a second, for good. Blocking it can be taken back.`, 'Delete', true)) change('/key/delete', { keys: [k.token] });
          } }, 'Delete'))))))));
  }

  load();
}

const nameOf = k => k.key_alias ?? k.key_name;

function state(k) {
  if (k.blocked) return el('span', { class: 'badge bad' }, 'blocked');
  if (k.expires && new Date(k.expires) < new Date()) return el('span', { class: 'badge warn' }, 'expired');
  return el('span', { class: 'badge ok' }, 'works');
}

function limits(k) {
  const parts = [];
  if (k.rpm_limit !== null) parts.push(`${short(k.rpm_limit)} requests/min`);
  if (k.tpm_limit !== null) parts.push(`${short(k.tpm_limit)} tokens/min`);
  if (k.max_parallel_requests !== null) parts.push(`${k.max_parallel_requests} at once`);
  return parts.length === 0 ? el('span', { class: 'dim' }, 'none of its own') : parts.join(', ');
}

/** A form for a new key, or for one that is there. */
async function edit(key, done) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const field = (label, id, props, hint) => el('div', { class: 'field' }, el('label', { for: id }, label), el('input', { id, name: id, autocomplete: 'off', ...props }), hint && el('small', {}, hint));
  const save = el('button', { class: 'primary' }, key ? 'Save' : 'Create');
  const form = el('form', { onsubmit: submit },
    el('div', { class: 'fields' },
      field('Name', 'key_alias', { value: key?.key_alias ?? '', maxlength: '100' }),
      field('User', 'user_id', { value: key?.user_id ?? '' }, 'Keys of one user share its limits and its place in the queues.'),
      field('Models', 'models', { value: key?.models.join(', ') ?? '' }, 'Names or patterns with *, comma between them. Empty: all.'),
      field('Requests a minute', 'rpm_limit', { type: 'number', min: '1', value: key?.rpm_limit ?? '' }),
      field('Tokens a minute', 'tpm_limit', { type: 'number', min: '1', value: key?.tpm_limit ?? '' }),
      field('At the same time', 'max_parallel_requests', { type: 'number', min: '1', value: key?.max_parallel_requests ?? '' }),
      field('Budget, US dollars', 'max_budget', { type: 'number', min: '0', step: 'any', value: key?.max_budget ?? '' }),
      field('Budget period', 'budget_duration', { value: key?.budget_duration ?? '', placeholder: '30d' }),
      field(key ? 'New lifetime' : 'Lifetime', 'duration', { placeholder: '90d' }, key ? 'Empty: as it is.' : 'Empty: it never expires.')),
    problem,
    el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'), save));
  const dialog = openDialog(key ? `Edit ${nameOf(key)}` : 'New key', form);
  const shown = Object.fromEntries(new FormData(form));

  async function submit(e) {
    e.preventDefault();
    const body = {};
    const values = Object.fromEntries(new FormData(form));
    // Only what was changed is sent: a field cannot show everything that a key may have, such as a comma in a model's name.
    const stays = name => key && values[name] === shown[name];
    for (const name of ['key_alias', 'user_id', 'budget_duration']) {
      if (stays(name)) continue;
      if (values[name].trim()) body[name] = values[name].trim();
      else if (key?.[name]) body[name] = null;
    }
    for (const name of ['rpm_limit', 'tpm_limit', 'max_parallel_requests', 'max_budget']) {
      if (stays(name)) continue;
      if (values[name] !== '') body[name] = Number(values[name]);
      else if (key && key[name] !== null) body[name] = null;
    }
    const models = values.models.split(',').map(m => m.trim()).filter(Boolean);
    if (!stays('models') && (models.length > 0 || key)) body.models = models;
    if (values.duration.trim()) body.duration = values.duration.trim();
    if (key && Object.keys(body).length === 0) return dialog.close();
    save.disabled = true;
    problem.textContent = '';
    try {
      const answer = key ? await post('/key/update', { key: key.token, ...body }) : await post('/key/generate', body);
      dialog.close();
      if (!key) showOnce(answer.key);
      await done();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      save.disabled = false;
    }
  }
}

function showOnce(secret) {
  const said = el('span', { role: 'status' });
  const shown = el('input', { class: 'mono secret', readonly: true, value: secret, 'aria-label': 'The new key', onfocus: e => e.target.select() });
  const dialog = openDialog('Copy the key now', el('p', {}, 'It is shown this once: the gateway keeps only its hash.'),
    el('div', { class: 'secretrow' }, shown, el('button', { type: 'button', class: 'primary', onclick: async () => {
      try { await navigator.clipboard.writeText(secret); said.textContent = 'Copied'; } catch { shown.focus(); said.textContent = 'Press Ctrl+C'; }
    } }, 'Copy')), said,
    el('div', { class: 'buttons' }, el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'I have it')));
  dialog.dataset.keep = '1';
  // Escape is pressed too easily for the only copy. Three ways to say so: the first is not known to every browser, of the second some hear only the first press,
  // and the third needs the focus inside.
  dialog.setAttribute('closedby', 'none');
  dialog.addEventListener('cancel', e => e.preventDefault());
  dialog.addEventListener('keydown', e => { if (e.key === 'Escape') e.preventDefault(); });
}
