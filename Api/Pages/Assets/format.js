// Numbers and times as people read them.

export const number = n => (n ?? 0).toLocaleString('en', { maximumFractionDigits: 1 });

export function short(n) {
  if (n === null || n === undefined) return '–';
  if (Math.abs(n) >= 1e9) return (n / 1e9).toFixed(1) + 'G';
  if (Math.abs(n) >= 1e6) return (n / 1e6).toFixed(1) + 'M';
  if (Math.abs(n) >= 1e4) return (n / 1e3).toFixed(1) + 'k';
  return number(n);
}

export const rate = n => n === null || n === undefined ? '–' : n === 0 ? '0' : n >= 100 ? Math.round(n).toString() : n.toFixed(1);

export const dollars = n => n === null || n === undefined ? '–' : n === 0 ? '$0' : n < 0.01 ? '$' + Number(n.toPrecision(2)).toFixed(9).replace(/0+$/, '') : '$' + n.toFixed(2);

/** Milliseconds, in the unit that fits. */
export function span(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1) return ms === 0 ? '0 ms' : '<1 ms';
  if (ms < 1000) return Math.round(ms) + ' ms';
  if (ms < 59_950) return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1) + ' s';
  // Rounded before it is divided: there is no 60th second.
  const s = Math.round(ms / 1000);
  if (s < 3600) return Math.floor(s / 60) + ' min ' + s % 60 + ' s';
  const min = Math.round(s / 60);
  return Math.floor(min / 60) + ' h ' + min % 60 + ' min';
}

/** For what changes every second: no fractions. */
export const seconds = ms => ms < 59_500 ? Math.max(0, Math.round(ms / 1000)) + ' s' : span(Math.round(ms / 1000) * 1000);

export const clock = text => {
  const time = new Date(text);
  const today = new Date().toDateString() === time.toDateString();
  const at = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  return today ? at : time.toLocaleDateString([], { month: 'short', day: 'numeric' }) + ' ' + at;
};

export const day = text => new Date(text).toLocaleDateString([], { year: 'numeric', month: 'short', day: 'numeric' });

export const words = text => (text ?? '').replaceAll('_', ' ');
