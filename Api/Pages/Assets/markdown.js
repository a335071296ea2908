// As much of Markdown as answers of models need to be read: code blocks, inline code, bold, headings and lists. Everything is set as text.

import { el } from './dom.js';

export function markdown(text) {
  const blocks = [];
  const parts = text.split(/^```(.*)$/m);
  // Even parts are prose; then comes the language, then the code up to the next fence.
  for (let i = 0; i < parts.length; i += 4) {
    blocks.push(...prose(parts[i]));
    if (i + 2 < parts.length) blocks.push(el('pre', { tabindex: '0' }, el('code', {}, parts[i + 2].replace(/^\n|\n$/g, ''))));
  }
  return blocks;
}

function prose(text) {
  return text.split(/\n{2,}/).filter(p => p.trim()).map(p => {
    const lines = p.trim().split('\n');
    if (/^#{1,6} /.test(lines[0]) && lines.length === 1) return el('p', { class: 'heading' }, inline(lines[0].replace(/^#+ /, '')));
    if (lines.every(l => /^\s*[-*] /.test(l))) return el('ul', {}, lines.map(l => el('li', {}, inline(l.replace(/^\s*[-*] /, '')))));
    if (lines.every(l => /^\s*\d+[.)] /.test(l))) return el('ol', {}, lines.map(l => el('li', {}, inline(l.replace(/^\s*\d+[.)] /, '')))));
    return el('p', {}, lines.flatMap((l, i) => i === 0 ? inline(l) : [el('br'), ...inline(l)]));
  });
}

const inline = text => text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(part =>
  part.startsWith('`') && part.length > 2 ? el('code', {}, part.slice(1, -1))
    : part.startsWith('**') && part.length > 4 ? el('strong', {}, part.slice(2, -2)) : part);
