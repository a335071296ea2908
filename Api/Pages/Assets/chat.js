// One streamed answer: reads the events of the gateway and says what they mean. Cancelling the signal closes the connection, and with it the work of the backend.

import { send } from './api.js';

/**
 * @param hear {queued(position, eta), started(headers), reasoning(text), text(text), usage(usage)}
 */
export async function chat(body, conversation, signal, hear) {
  const headers = { 'Content-Type': 'application/json', 'x-queue-comments': 'true' };
  if (conversation) headers['x-conversation-id'] = conversation;
  const response = await send('/v1/chat/completions', {
    method: 'POST', headers, signal, body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
  });
  hear.started(response.headers);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const thoughts = splitThoughts(hear);
  let rest = '';
  let whole = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    rest += value;
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) whole = event(line.trimEnd(), hear, thoughts) || whole;
  }
  thoughts.end();
  if (!whole) throw new Error('The answer broke off: the connection ended before it was complete.');
}

/** @returns whether this was the end */
function event(line, hear, thoughts) {
  const place = /^: queued position=(\d+)(?: eta=(\d+)s)?/.exec(line);
  if (place) hear.queued(Number(place[1]), place[2] === undefined ? null : Number(place[2]));
  if (!line.startsWith('data: ')) return false;
  if (line === 'data: [DONE]') return true;
  const chunk = JSON.parse(line.slice(6));
  if (chunk.error) throw new Error(chunk.error.message);
  if (chunk.usage) hear.usage(chunk.usage);
  const delta = chunk.choices?.[0]?.delta;
  const reasoning = delta?.reasoning_content ?? delta?.reasoning;
  if (reasoning) hear.reasoning(reasoning);
  if (delta?.content) thoughts.take(delta.content);
  return false;
}

/** Some models write what they think between tags at the beginning of their answer. */
function splitThoughts(hear) {
  const open = '<think>', close = '</think>';
  let state = 'start', held = '';
  const take = text => {
    held += text;
    if (state === 'start') {
      const begin = held.trimStart();
      if (begin.startsWith(open)) { state = 'thinking'; held = begin.slice(open.length); }
      else if (open.startsWith(begin)) return;
      else state = 'text';
    }
    if (state === 'thinking') {
      const end = held.indexOf(close);
      if (end < 0) {
        // The tag may come in pieces.
        const safe = Math.max(0, held.length - close.length);
        if (safe > 0) hear.reasoning(held.slice(0, safe));
        held = held.slice(safe);
        return;
      }
      if (end > 0) hear.reasoning(held.slice(0, end));
      held = held.slice(end + close.length).replace(/^\s+/, '');
      state = 'text';
    }
    if (held) hear.text(held);
    held = '';
  };
  return { take, end: () => { if (held) (state === 'thinking' ? hear.reasoning : hear.text)(held); held = ''; } };
}
