// Tokens, cost and latency by day, model, key and user, with plots and files.

import { el, put, empty, failed } from './dom.js';
import { get } from './api.js';
import { bars, lines } from './charts.js';
import { short, span, dollars, number } from './format.js';

export function usagePage(main, who) {
  const period = el('select', {}, [['7', '7 days'], ['30', '30 days'], ['90', '90 days'], ['365', 'a year']].map(([value, text]) => el('option', { value, selected: value === '30' }, text)));
  const place = el('div', { class: 'stack' }, el('p', { class: 'state' }, 'Loading…'));
  main.append(el('div', { class: 'head' }, el('h1', {}, 'Usage'), el('span', { class: 'muted' }, 'Days begin and end at midnight UTC.'), el('label', { class: 'inline' }, el('span', {}, 'Period'), period)), place);
  period.addEventListener('change', load);
  let asked = 0;
  load();

  async function load() {
    // What was asked first may be answered last.
    const mine = ++asked;
    const days = period.value;
    try {
      const names = who.admin || who.open ? ['day', 'model', 'key', 'user'] : ['day', 'model', 'user'];
      const answers = await Promise.all(names.map(by => get(`/ui/api/usage?by=${by}&days=${days}`)));
      const by = Object.fromEntries(names.map((name, i) => [name, answers[i]]));
      if (mine !== asked) return;
      const node = by.day.only_of_node;
      put(place, node && el('p', { class: 'note' }, `These are the requests that this node (${node}) has handled, and no others: as long as `,
        el('code', {}, 'general_settings.database_url'), ' is not set, each node of the cluster keeps the usage of its own in a file of its own.'), by.day.data.length === 0 ? empty('Nothing was used in this time', 'A row appears here a moment after a request has ended.') : pictures(by, days));
    } catch (error) {
      if (mine === asked) put(place, error.code === 'no_ledger' ? empty('No ledger is kept', 'gateway_settings.ledger.enabled is false.') : failed(error, load));
    }
  }
}

function pictures(by, days) {
  const known = new Map(by.day.data.map(d => [d.name, d]));
  const rows = [];
  for (let i = 0; i < by.day.days; i++) {
    const name = new Date(Date.parse(by.day.from + 'T00:00:00Z') + i * 86_400_000).toISOString().slice(0, 10);
    rows.push({ name, succeeded: (known.get(name)?.requests ?? 0) - (known.get(name)?.failed ?? 0) - (known.get(name)?.cancelled ?? 0), ...known.get(name) });
  }
  const sum = key => by.day.data.reduce((s, d) => s + (d[key] ?? 0), 0);
  const stat = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));
  return [
    el('dl', { class: 'summary' }, stat('Requests', short(sum('requests'))), stat('Failed', short(sum('failed'))), stat('Tokens in', short(sum('prompt_tokens'))),
      stat('Tokens out', short(sum('completion_tokens'))), stat('Cost', dollars(sum('cost')))),
    el('div', { class: 'charts' },
      bars('Tokens', rows, [{ name: 'in', key: 'prompt_tokens', class: 's1' }, { name: 'out', key: 'completion_tokens', class: 's2' }]),
      bars('Requests', rows, [{ name: 'succeeded', key: 'succeeded', class: 's1' }, { name: 'cancelled', key: 'cancelled', class: 's2' }, { name: 'failed', key: 'failed', class: 's3' }]),
      bars('Cost', rows, [{ name: 'US dollars', key: 'cost', class: 's2' }], dollars),
      lines('Mean latency', rows, [{ name: 'whole answer', key: 'latency_ms', class: 's1' }, { name: 'first token', key: 'first_token_ms', class: 's2' }])),
    ...['model', 'key', 'user', 'day'].filter(name => by[name]).map(name => table(name, name === 'day' ? [...by.day.data].reverse() : by[name].data, days)),
  ];
}

function table(by, data, days) {
  const most = Math.max(1, ...data.map(d => d.prompt_tokens + d.completion_tokens));
  const title = by[0].toUpperCase() + by.slice(1);
  return el('section', { class: 'card' },
    el('div', { class: 'head' }, el('h2', {}, `By ${by}`), el('a', { class: 'button quiet', href: `/ui/api/usage?by=${by}&days=${days}&format=csv`, download: `usage-by-${by}.csv` }, 'CSV')),
    el('div', { class: 'scroll' }, el('table', { class: 'list' },
      el('thead', {}, el('tr', {}, [[title], ['Requests', 'num'], ['Failed', 'num wide'], ['Tokens in', 'num wide'], ['Tokens out', 'num wide'], ['Tokens', 'num'], ['Cost', 'num'], ['Latency', 'num wide'], ['First token', 'num wide']].map(([t, c]) => el('th', { scope: 'col', class: c ?? null }, t)))),
      el('tbody', {}, data.map(d => el('tr', {}, el('th', { scope: 'row' }, d.name), el('td', { class: 'num' }, number(d.requests)), el('td', { class: 'num wide' + (d.failed ? ' bad' : '') }, number(d.failed)),
        el('td', { class: 'num wide' }, number(d.prompt_tokens)), el('td', { class: 'num wide' }, number(d.completion_tokens)),
        el('td', { class: 'num' }, meter((d.prompt_tokens + d.completion_tokens) / most), number(d.prompt_tokens + d.completion_tokens)),
        el('td', { class: 'num' }, dollars(d.cost)), el('td', { class: 'num wide' }, span(d.latency_ms)), el('td', { class: 'num wide' }, span(d.first_token_ms))))))));
}

function meter(share) {
  const bar = el('i', { class: 'meter', 'aria-hidden': 'true' });
  bar.style.setProperty('--share', share.toFixed(3));
  return bar;
}
