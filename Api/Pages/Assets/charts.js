// Small pictures, drawn as SVG. Each says in words what it shows.

import { svg, el } from './dom.js';
import { short, span } from './format.js';

const PIECE = 15_000;
const PIECES = 60;

/** The last 15 minutes of a backend: served and failed as bars, the most that waited as a line. */
export function sparkline(history) {
  const width = 240, height = 40, step = width / PIECES;
  const most = Math.max(4, ...history.map(m => m.served + m.failed));
  const longest = Math.max(1, ...history.map(m => m.waiting));
  const waiting = new Array(PIECES).fill(0);
  const bars = [];
  for (const m of history) {
    const at = PIECES - 1 - Math.min(PIECES - 1, Math.floor(m.age_ms / PIECE));
    const x = at * step;
    const served = m.served / most * (height - 2), bad = m.failed / most * (height - 2);
    waiting[at] = m.waiting;
    if (m.served) bars.push(svg('rect', { class: 'served', x: x + .5, width: step - 1, y: height - served, height: served }));
    if (m.failed) bars.push(svg('rect', { class: 'failed', x: x + .5, width: step - 1, y: height - served - bad, height: bad }));
  }
  const points = waiting.map((w, i) => `${(i + .5) * step},${height - w / longest * (height - 4) - 1}`).join(' ');
  const sum = key => history.reduce((s, m) => s + m[key], 0);
  const text = `Last 15 minutes: ${sum('served')} served, ${sum('failed')} failed, at most ${waiting.reduce((a, b) => Math.max(a, b), 0)} waiting`;
  return svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': text },
    svg('title', {}, text),
    svg('line', { class: 'axis', x1: 0, x2: width, y1: height - .5, y2: height - .5 }),
    bars,
    waiting.some(w => w > 0) && svg('polyline', { class: 'waiting', points }));
}

/** Stacked bars, one a day. series: [{name, key, class}] */
export function bars(title, rows, series, format = short) {
  const width = 640, height = 150, bottom = 18, top = 8;
  const total = row => series.reduce((s, x) => s + (row[x.key] ?? 0), 0);
  const most = nice(Math.max(0, ...rows.map(total)));
  const left = room(most, format);
  const step = (width - left) / Math.max(1, rows.length);
  const scale = v => most === 0 ? 0 : v / most * (height - bottom - top);
  const every = Math.ceil(rows.length / 8);
  const marks = rows.map((row, i) => {
    let y = height - bottom;
    const x = left + i * step;
    const label = `${row.name}: ` + series.map(s => `${format(row[s.key] ?? 0)} ${s.name}`).join(', ');
    return svg('g', {}, svg('title', {}, label),
      svg('rect', { class: 'reach', x, width: step, y: top, height: height - bottom - top }),
      series.map(s => {
        const h = scale(row[s.key] ?? 0);
        y -= h;
        return h > 0 && svg('rect', { class: s.class, x: x + step * .15, width: Math.max(1, step * .7), y, height: h, rx: 1 });
      }),
      i % every === 0 && svg('text', { class: 'tick', x: x + step / 2, y: height - 4, 'text-anchor': 'middle' }, row.name.slice(5)));
  });
  const lines = [0, .5, 1].map(f => svg('g', {},
    svg('line', { class: 'grid', x1: left, x2: width, y1: height - bottom - f * (height - bottom - top), y2: height - bottom - f * (height - bottom - top) }),
    svg('text', { class: 'tick', x: left - 6, y: height - bottom - f * (height - bottom - top) + 3, 'text-anchor': 'end' }, format(most * f))));
  return figure(title, series, svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title + ' by day; the table below has the numbers' }, lines, marks));
}

/** Lines over the days; a day without a value is a gap. */
export function lines(title, rows, series) {
  const width = 640, height = 150, bottom = 18, top = 8;
  const most = nice(Math.max(0, ...rows.flatMap(r => series.map(s => r[s.key] ?? 0))));
  const left = room(most, span);
  const step = (width - left) / Math.max(1, rows.length);
  const y = v => height - bottom - (most === 0 ? 0 : v / most * (height - bottom - top));
  const x = i => left + (i + .5) * step;
  const every = Math.ceil(rows.length / 8);
  const grid = [0, .5, 1].map(f => svg('g', {},
    svg('line', { class: 'grid', x1: left, x2: width, y1: y(most * f), y2: y(most * f) }),
    svg('text', { class: 'tick', x: left - 6, y: y(most * f) + 3, 'text-anchor': 'end' }, span(most * f))));
  const ticks = rows.map((r, i) => i % every === 0 && svg('text', { class: 'tick', x: x(i), y: height - 4, 'text-anchor': 'middle' }, r.name.slice(5)));
  const paths = series.map(s => {
    const known = rows.map((r, i) => [r, i]).filter(([r]) => r[s.key] !== undefined);
    const pieces = [];
    for (const [r, i] of known) {
      if (i === 0 || rows[i - 1][s.key] === undefined) pieces.push([]);
      pieces.at(-1).push(`${x(i)},${y(r[s.key])}`);
    }
    return svg('g', { class: s.class },
      pieces.map(points => svg('polyline', { points: points.join(' ') })),
      known.map(([r, i]) => svg('circle', { cx: x(i), cy: y(r[s.key]), r: 2.5 }, svg('title', {}, `${r.name}: ${span(r[s.key])} ${s.name}`))));
  });
  return figure(title, series, svg('svg', { class: 'lines', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title + ' by day; the table below has the numbers' }, grid, ticks, paths));
}

const figure = (title, series, picture) => el('figure', { class: 'chart' },
  el('figcaption', {}, el('strong', {}, title), series.length > 1 && el('span', { class: 'legend' }, series.map(s => el('span', { class: 'key ' + s.class }, s.name)))),
  picture);

/** What the longest label of the scale needs at its left. */
const room = (most, format) => Math.max(56, 12 + 6.5 * Math.max(...[0, .5, 1].map(f => format(most * f).length)));

/** The least round number that is not less. */
function nice(n) {
  if (n <= 0) return 0;
  const base = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 2.5, 5, 10].map(f => f * base).find(v => v >= n);
}

/** One request's life: a bar for each step, on one scale. */
export function timeline(story) {
  const width = 720, row = 26, left = 132, right = 64, axis = 22;
  const total = Math.max(1, story.took_ms);
  const scale = ms => left + ms / total * (width - left - right);
  const height = axis + story.steps.length * row + 6;
  const grid = [0, .25, .5, .75, 1].map(f => svg('g', {},
    svg('line', { class: 'grid', x1: scale(total * f), x2: scale(total * f), y1: axis - 4, y2: height }),
    svg('text', { class: 'tick', x: scale(total * f), y: 12, 'text-anchor': f === 0 ? 'start' : f === 1 ? 'end' : 'middle' }, span(total * f))));
  const steps = story.steps.map((s, i) => {
    const y = axis + i * row, x = scale(s.from_ms), w = Math.max(2, scale(s.until_ms) - x);
    const text = `${stepName(s)}, ${span(s.from_ms)} to ${span(s.until_ms)}` + (s.where ? `, ${s.where}` : '') + (s.detail ? `: ${s.detail}` : '');
    return svg('g', {}, svg('title', {}, text),
      svg('text', { class: 'label', x: 0, y: y + 16 }, stepName(s)),
      svg('rect', { class: 'step ' + s.kind + (s.failed ? ' failed' : ''), x, y: y + 4, width: w, height: row - 9, rx: 3 }),
      svg('text', { class: 'tick', x: Math.min(x + w + 5, width - 52), y: y + 16 }, span(s.until_ms - s.from_ms)));
  });
  return svg('svg', { class: 'timeline', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Timeline of ${story.id}; the list below has the same in words` }, grid, steps);
}

export function stepName(step) {
  switch (step.kind) {
    case 'admission': return step.failed ? 'Not admitted' : 'Admission';
    case 'queue': return step.failed ? 'No slot' : 'In the queue';
    case 'upstream': return step.failed ? 'Attempt failed' : 'To first token';
    case 'tokens': return step.failed ? 'Tokens, broken off' : 'Tokens';
    default: return 'Settlement';
  }
}
