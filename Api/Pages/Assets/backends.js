// One live card for each backend grain.

import { el, put, svg, empty, confirm, announce, failed } from './dom.js';
import { post } from './api.js';
import { live, listen } from './live.js';
import { sparkline } from './charts.js';
import { short, span, seconds, rate, words } from './format.js';

export function backendsPage(main, who) {
  const sum = el('dl', { class: 'summary' });
  const grid = el('div', { class: 'cards' });
  const hint = el('div');
  const cards = new Map();
  main.append(el('div', { class: 'head' }, el('h1', {}, 'Backends'), sum));
  if (who.open) {
    main.append(el('p', { class: 'note' }, 'This gateway is open: it has no master key, so anybody may look and ask, and nobody may change anything. Set ',
      el('code', {}, 'general_settings.master_key'), ' to be able to drain and reset backends and to make keys.'));
  }
  main.append(hint, grid);

  const update = backend => {
    let card = cards.get(backend.backend);
    if (!card) {
      cards.set(backend.backend, card = makeCard(backend, who));
      const after = [...cards.keys()].sort().find(name => name > backend.backend && cards.get(name).node.isConnected);
      grid.insertBefore(card.node, after ? cards.get(after).node : null);
    }
    card.update(backend);
  };
  const refresh = () => {
    const all = [...live.backends.values()];
    put(sum, stat('Running', `${add(all, 'running')} of ${short(add(all, 'slots'))}`), stat('Waiting', short(Math.round(add(all, 'waiting_share')))),
      stat('Tokens/s', rate(add(all, 'tokens_per_second'))), stat('Not well', all.filter(b => b.circuit !== 'closed' || b.health === 'down').length));
    put(hint, all.length > 0 ? null : live.connected ? empty('No backends yet', 'Backends appear as soon as the configuration has models that this key may use.') : empty('Connecting…', 'The page fills as soon as the gateway answers.'));
  };
  const stop = listen((kind, data) => {
    if (kind === 'connection' && live.connected) {
      for (const card of cards.values()) card.node.remove();
      cards.clear();
    }
    if (kind === 'connection') grid.classList.toggle('stale', !live.connected);
    if (kind === 'backend') update(data);
    if (kind === 'gone') {
      cards.get(data)?.node.remove();
      cards.delete(data);
    }
    if (kind !== 'request') refresh();
  });
  for (const backend of live.backends.values()) update(backend);
  refresh();
  const ticking = setInterval(() => { for (const card of cards.values()) card.tick(); }, 1000);
  return () => { stop(); clearInterval(ticking); };
}

const add = (all, key) => all.reduce((s, b) => s + (b[key] ?? 0), 0);
const SILENCE = 15_000; // ms; the gateway tells of each every 5 s
const stat = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));

function makeCard(first, who) {
  const name = first.backend;
  const id = 'b-' + Array.from(name).map(c => /[a-z0-9]/i.test(c) ? c : '-').join('');
  const badges = el('div', { class: 'badges' });
  const place = el('span', { class: 'muted place' });
  const slots = el('div');
  const numbers = el('dl', { class: 'numbers' });
  const spark = el('div');
  const models = el('div', { class: 'chips' });
  const people = el('div', { class: 'people' });
  const error = el('p', { class: 'problem' });
  const drain = el('button', { type: 'button', class: 'quiet' });
  const reset = el('button', { type: 'button', class: 'quiet' }, 'Reset circuit');
  const problem = el('div');
  const node = el('article', { class: 'card backend', 'aria-labelledby': id, 'data-backend': name },
    el('header', {}, el('h2', { id, title: name }, shortName(name)), badges, place),
    slots, numbers, spark, models, error, people,
    who.admin && el('footer', {}, drain, reset), problem);
  let now = first;
  let before = null;

  const act = async (path, title, text, action, danger) => {
    if (!await confirm(title, text, action, danger)) return;
    put(problem);
    try {
      await post(path, { backend: name });
    } catch (e) {
      put(problem, failed(e));
    }
  };
  drain.addEventListener('click', () => now.draining
    ? act('/backend/undrain', 'Take requests again?', `${name} will be given new requests.`, 'Undrain')
    : act('/backend/drain', 'Drain this backend?', `${name} finishes what runs and is given nothing new until it is undrained, also after a restart. Requests that wait here go to other backends, or are refused where there is none.`, 'Drain', true));
  reset.addEventListener('click', () => act('/backend/reset', 'Reset the circuit?', `The circuit of ${name} is closed and no deployment is sidelined any more, whatever has failed. If the backend is still broken it opens again.`, 'Reset'));

  const silence = () => performance.now() - now.heard;
  const age = ms => ms + (performance.now() - now.heard);
  const tick = () => {
    // What was known last may not be so any more: nobody is to read a green badge in it.
    const unheard = silence() > SILENCE;
    node.classList.toggle('unheard', unheard);
    put(badges, unheard && badge('warn', `Not heard for ${seconds(silence())}`),
      badge(unheard ? 'none' : now.circuit === 'closed' ? 'ok' : now.circuit === 'open' ? 'bad' : 'warn',
      now.circuit === 'open' && now.half_open_in_ms !== null ? `Circuit open, tries again in ${seconds(Math.max(0, now.half_open_in_ms - (performance.now() - now.heard)))}` : `Circuit ${words(now.circuit)}`),
      badge(unheard ? 'none' : now.health === 'up' ? 'ok' : now.health === 'down' ? 'bad' : 'none', now.health === 'unknown' ? 'Not probed' : now.health === 'up' ? 'Up' : 'Down'),
      now.draining && badge('warn', 'Draining'),
      now.sidelined > 0 && badge('warn', `${now.sidelined} sidelined`),
      now.simulated && badge('sim', 'Simulated'));
    put(people,
      now.holders.length > 0 && el('table', { class: 'tight' }, el('caption', {}, 'Running'),
        el('tbody', {}, now.holders.slice(0, 8).map(h => el('tr', {}, el('td', { class: 'mono dim' }, '▶'), el('td', {}, personOf(h)), el('td', { class: 'dim' }, h.model ?? ''), el('td', { class: 'num' }, seconds(age(h.age_ms))))))),
      now.waiting > 0 && el('table', { class: 'tight' }, el('caption', {}, `Waiting: ${now.waiting}`),
        el('thead', {}, el('tr', {}, ['#', 'Who', 'Priority', 'For'].map(t => el('th', { scope: 'col', class: t === 'Priority' || t === 'For' ? 'num' : null }, t)))),
        el('tbody', {}, now.queue.slice(0, 10).map(w => el('tr', {}, el('td', { class: 'num' }, w.position), el('td', {}, personOf(w)), el('td', { class: 'num' }, w.priority), el('td', { class: 'num' }, seconds(age(w.age_ms)))))),
        hidden(now) > 0 && el('tfoot', {}, el('tr', {}, el('td', { colspan: '4', class: 'dim' }, `and ${hidden(now)} more`)))));
  };

  const update = b => {
    now = b;
    place.textContent = `on ${b.node}`;
    put(slots, slotRow(b));
    put(numbers,
      pair('Tokens/s', rate(b.tokens_per_second), 'Over the last minute, all answers together'),
      pair('One answer', b.speed === undefined ? '–' : rate(b.speed) + '/s', 'Average tokens a second of one answer'),
      pair('First token p50', span(b.first_token_p50_ms)), pair('p95', span(b.first_token_p95_ms)),
      pair('Served', short(b.served)), pair('Errors', short(b.failed), null, b.failed > 0));
    put(spark, sparkline(b.history));
    put(models, b.models.map(m => el('span', { class: 'chip' }, m)),
      b.loaded.length > 0 && el('span', { class: 'dim' }, 'loaded: ', b.loaded.map(m => el('span', { class: 'chip on' }, m))));
    put(error, b.last_error && (b.circuit !== 'closed' || b.health === 'down' || b.sidelined > 0) ? b.last_error : null);
    drain.textContent = b.draining ? 'Undrain' : 'Drain';
    reset.disabled = b.circuit === 'closed' && b.sidelined === 0;
    node.classList.toggle('unwell', b.circuit === 'open' || b.health === 'down');
    tick();
    const state = `${b.circuit} ${b.health} ${b.draining}`;
    if (before !== null && before !== state) announce(`${shortName(name)}: circuit ${words(b.circuit)}, ${b.health}${b.draining ? ', draining' : ''}`);
    before = state;
  };
  return { node, update, tick };
}

const shortName = name => name.replace(/^https?:\/\//, '');
const badge = (kind, text) => el('span', { class: `badge ${kind}` }, text);
const pair = (name, value, title, bad) => el('div', { title: title ?? null }, el('dt', {}, name), el('dd', { class: bad ? 'bad' : null }, value));
const personOf = x => x.key && x.user && x.key !== x.user ? [x.key, el('span', { class: 'dim' }, ` · ${x.user}`)] : x.key ?? x.user ?? 'somebody';
const hidden = b => b.waiting - Math.min(b.queue.length, 10);

/** Squares while they can be counted at a glance, else a bar. */
function slotRow(b) {
  const text = `${b.running} of ${b.slots} ${b.slots === 1 ? 'slot' : 'slots'} in use`;
  const picture = b.slots <= 16
    ? el('span', { class: 'slots', 'aria-hidden': 'true' }, Array.from({ length: b.slots }, (_, i) => el('i', { class: i < b.running ? 'on' : null })))
    : svg('svg', { class: 'slotbar', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('rect', { class: 'all', width: 100, height: 6 }), svg('rect', { class: 'on', width: Math.min(100, b.running / b.slots * 100), height: 6 }));
  return el('div', { class: 'slotrow' }, picture, el('span', {}, text), b.waiting > 0 && el('strong', { class: 'warn' }, `${b.waiting} waiting`));
}
