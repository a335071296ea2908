// The npm package `openai`: responses and conversations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, newKey, refusal, slow, stats, until, url } from './gateway.mjs';

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const hello = { model: 'chat', input: 'Hello there' };
const text = answerTo('Hello there');
const weather = { type: 'function', name: 'get_weather', description: 'The weather', strict: false, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };
const clock = { type: 'function', name: 'get_time', strict: false, parameters: { type: 'object', properties: {} } };

test('create answers with items, their text and usage', async () => {
  const answer = await client.responses.create({ ...hello, metadata: { team: 'a' } });
  assert.match(answer.id, /^resp_/);
  assert.deepEqual([answer.object, answer.status, answer.model, answer.error, answer.incomplete_details], ['response', 'completed', 'chat', null, null]);
  assert.equal(answer.output_text, text);
  assert.deepEqual(answer.output.map(item => [item.type, item.role, item.status]), [['message', 'assistant', 'completed']]);
  assert.deepEqual(answer.output[0].content.map(part => [part.type, part.text, part.annotations]), [['output_text', text, []]]);
  const { input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details } = answer.usage;
  assert.ok(input_tokens > 0 && output_tokens > 0 && total_tokens === input_tokens + output_tokens);
  assert.ok(Number.isInteger(input_tokens_details.cached_tokens) && Number.isInteger(output_tokens_details.reasoning_tokens));
  assert.deepEqual(answer.metadata, { team: 'a' });
  assert.equal(typeof answer.created_at, 'number');
  assert.deepEqual([answer.tools, answer.tool_choice, answer.parallel_tool_calls, answer.previous_response_id], [[], 'auto', true, null]);
  assert.ok(answer._request_id);
});

test('input items of every role reach the backend, instructions first', async () => {
  await client.responses.create({
    model: 'chat',
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: 'before' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'earlier', annotations: [] }] },
      { role: 'user', content: [{ type: 'input_text', text: 'look' }, { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,iVBORw0KGgo=' }] },
    ],
  });
  const { messages } = await lastBody();
  assert.equal(messages.length, 5);
  assert.deepEqual([messages[0].role, messages[0].content], ['system', 'Be brief.']);
  assert.deepEqual(messages.slice(2, 4).map(m => m.role), ['user', 'assistant']);
  assert.match(JSON.stringify(messages[4]), /iVBORw0KGgo=/);
});

test('settings reach the backend, and a limit makes the answer incomplete', async () => {
  const cut = await client.responses.create({ ...hello, temperature: 0.25, top_p: 0.5, max_output_tokens: 2 });
  assert.deepEqual([cut.status, cut.incomplete_details?.reason, cut.output_text], ['incomplete', 'max_output_tokens', 'This is']);
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p], [0.25, 0.5]);
});

const quietEvents = new Set(['response.output_text.delta', 'response.function_call_arguments.delta', 'response.reasoning_text.delta', 'response.reasoning_summary_text.delta']);
const outline = events => events.map(e => e.type).filter((type, at, list) => !(quietEvents.has(type) && list[at - 1] === type));

test('a stream has its events in order and numbered', async () => {
  const events = await all(await client.responses.create({ ...hello, stream: true }));
  assert.deepEqual(outline(events), [
    'response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added', 'response.output_text.delta',
    'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.completed']);
  assert.deepEqual(events.map(e => e.sequence_number), events.map((_, at) => at));
  assert.equal(events.filter(e => e.type === 'response.output_text.delta').map(e => e.delta).join(''), text);
  const { response } = events.at(-1);
  assert.equal(response.output[0].content[0].text, text);
  assert.ok(response.usage.total_tokens > 0);
});

test('the stream helper tells its events and holds the final response', async () => {
  const seen = {};
  const stream = client.responses.stream(hello);
  for (const name of ['event', 'response.created', 'response.output_text.delta', 'response.output_text.done', 'response.completed', 'end']) stream.on(name, event => (seen[name] ??= []).push(event));
  const final = await stream.finalResponse();
  assert.deepEqual([final.status, final.output_text], ['completed', text]);
  assert.equal(seen['response.output_text.delta'].at(-1).snapshot, text);
  for (const name of ['response.created', 'response.output_text.done', 'response.completed', 'end']) assert.equal(seen[name]?.length, 1, name);
  assert.ok(seen.event.length > 8);
  const events = await all(client.responses.stream(hello));
  assert.equal(events.at(-1).type, 'response.completed');
  const sent = client.responses.stream(hello).toReadableStream?.() ?? (await client.responses.create({ ...hello, stream: true })).toReadableStream();
  assert.equal((await ResponseStream.fromReadableStream(sent).finalResponse()).output_text, text);
});

test('a function is called, and its output goes back by previous_response_id', async () => {
  const first = await client.responses.create({ model: 'chat', input: 'ask get_weather', tools: [weather, clock] });
  const [call] = first.output.filter(item => item.type === 'function_call');
  assert.deepEqual([call.name, JSON.parse(call.arguments), call.status], ['get_weather', { city: 'ask get_weather' }, 'completed']);
  assert.ok(call.id && call.call_id);
  assert.deepEqual(first.tools.map(t => t.name), ['get_weather', 'get_time']);
  const second = await client.responses.create({ model: 'chat', previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }], tools: [weather] });
  assert.equal(second.output_text, answerTo('ask get_weather'));
  assert.equal(second.previous_response_id, first.id);
  const { messages } = await lastBody();
  assert.deepEqual(messages.map(m => m.role), ['user', 'assistant', 'tool']);
  assert.equal(messages[2].content, 'sunny');
});

test('functions called in a stream arrive in pieces that add up', async () => {
  const events = await all(await client.responses.create({ model: 'chat', input: 'get_weather and get_time', tools: [weather, clock], stream: true }));
  const done = events.filter(e => e.type === 'response.function_call_arguments.done');
  assert.deepEqual(done.map(e => e.name), ['get_weather', 'get_time']);
  for (const { item_id, arguments: whole } of done) {
    assert.equal(events.filter(e => e.type === 'response.function_call_arguments.delta' && e.item_id === item_id).map(e => e.delta).join(''), whole);
  }
  const { output } = events.at(-1).response;
  assert.deepEqual(output.map(item => [item.type, item.name, item.status]), [['function_call', 'get_weather', 'completed'], ['function_call', 'get_time', 'completed']]);
});

test('tool_choice and a tool that is hosted elsewhere', async () => {
  const none = await client.responses.create({ model: 'chat', input: 'get_weather', tools: [weather], tool_choice: 'none' });
  assert.deepEqual(none.output.map(i => i.type), ['message']);
  const { data, response } = await client.responses.create({ model: 'chat', input: 'get_weather', tools: [{ type: 'web_search' }, weather] }).withResponse();
  assert.equal(data.output[0].type, 'function_call');
  assert.match(response.headers.get('x-dropped-tools'), /web_search/);
  if (!isOllama) {
    const named = await client.responses.create({ model: 'chat', input: 'x', tools: [weather, clock], tool_choice: { type: 'function', name: 'get_time' } });
    assert.equal(named.output[0].name, 'get_time');
  }
});

const Person = z.object({ name: z.string(), age: z.number(), mood: z.enum(['good', 'bad']) });

test('parse reads texts and arguments into zod schemas', async () => {
  const formed = await client.responses.parse({ ...hello, text: { format: zodTextFormat(Person, 'person') } });
  assert.ok(Person.safeParse(formed.output_parsed).success);
  assert.equal(formed.text.format.type, 'json_schema');
  const called = await client.responses.parse({ model: 'chat', input: 'book_table', tools: [zodResponsesFunction({ name: 'book_table', parameters: z.object({ seats: z.number() }) })] });
  assert.equal(typeof called.output[0].parsed_arguments.seats, 'number');
  const streamed = client.responses.stream({ ...hello, text: { format: zodTextFormat(Person, 'person') } });
  assert.ok(Person.safeParse((await streamed.finalResponse()).output_parsed).success);
  const free = await client.responses.create({ ...hello, text: { format: { type: 'json_object' } } });
  assert.equal(typeof JSON.parse(free.output_text), 'object');
});

test('a custom tool is called with a text, and its output goes back', async () => {
  const tools = [{ type: 'custom', name: 'run_shell', description: 'Runs a line.' }];
  const first = await client.responses.create({ model: 'chat', input: 'use run_shell', tools });
  const [call] = first.output;
  assert.deepEqual([call.type, call.name, typeof call.input], ['custom_tool_call', 'run_shell', 'string']);
  const events = await all(await client.responses.create({ model: 'chat', input: 'use run_shell', tools, stream: true }));
  assert.equal(events.filter(e => e.type === 'response.custom_tool_call_input.delta').map(e => e.delta).join(''), call.input);
  const second = await client.responses.create({ model: 'chat', previous_response_id: first.id, tools, input: [{ type: 'custom_tool_call_output', call_id: call.call_id, output: 'done' }] });
  assert.equal(second.status, 'completed');
  assert.equal((await lastBody()).messages.at(-1).content, 'done');
});

test('a client that keeps the conversation sends back the items as they came', async () => {
  const input = [{ role: 'user', content: 'ask get_weather' }];
  const ask = { model: 'thinker', reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'], store: false, tools: [weather] };
  const first = await client.responses.create({ ...ask, input });
  const call = first.output.find(item => item.type === 'function_call');
  const second = await client.responses.create({ ...ask, input: [...input, ...first.output, { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }] });
  assert.equal(second.output_text, answerTo('ask get_weather', 'qwen3'));
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'tool']);
});

test('reasoning is an item of its own', async () => {
  const ask = { ...hello, model: 'thinker', reasoning: { effort: 'low', summary: 'auto' } };
  const answer = await client.responses.create(ask);
  assert.deepEqual(answer.output.map(i => i.type), ['reasoning', 'message']);
  assert.match(answer.output[0].summary[0].text, /simulated thought/);
  assert.equal(answer.output_text, answerTo('Hello there', 'qwen3'));
  const events = await all(await client.responses.create({ ...ask, stream: true }));
  const types = outline(events);
  for (const type of ['response.reasoning_summary_part.added', 'response.reasoning_summary_text.delta', 'response.reasoning_summary_text.done', 'response.reasoning_summary_part.done']) assert.ok(types.includes(type), type);
  const unsummed = await client.responses.create({ ...ask, reasoning: { effort: 'low' } });
  assert.match(unsummed.output[0].content[0].text, /simulated thought/);
});

test('a stored response is retrieved, told again, listed by its input, and deleted', async () => {
  const made = await client.responses.create({ ...hello, metadata: { team: 'a' } });
  const again = await client.responses.retrieve(made.id);
  assert.deepEqual([again.id, again.output_text, again.metadata], [made.id, text, { team: 'a' }]);
  const items = await all(client.responses.inputItems.list(made.id));
  assert.deepEqual(items.map(i => [i.type, i.role, i.content[0].text]), [['message', 'user', 'Hello there']]);
  const told = client.responses.stream({ response_id: made.id });
  assert.equal((await told.finalResponse()).output_text, text);
  await client.responses.delete(made.id);
  await assert.rejects(client.responses.retrieve(made.id), OpenAI.NotFoundError);
  await assert.rejects(client.responses.create({ ...hello, previous_response_id: made.id }), OpenAI.BadRequestError);
});

test('input items are listed page by page', async () => {
  const { id } = await client.responses.create({ model: 'chat', input: ['one', 'two', 'three'].map(content => ({ role: 'user', content })) });
  const page = await client.responses.inputItems.list(id, { limit: 2, order: 'asc' });
  assert.deepEqual([page.data.map(i => i.content[0].text), page.has_more], [['one', 'two'], true]);
  assert.deepEqual((await all(client.responses.inputItems.list(id, { limit: 1, order: 'desc' }))).map(i => i.content[0].text), ['three', 'two', 'one']);
});

test('a response that is not stored is not there', async () => {
  const made = await client.responses.create({ ...hello, store: false });
  assert.equal(made.store, false);
  await assert.rejects(client.responses.retrieve(made.id), OpenAI.NotFoundError);
});

test('a response belongs to the holder of the key alone', async () => {
  const made = await client.responses.create(hello);
  const other = client.withOptions({ apiKey: await newKey({ models: ['chat'] }) });
  for (const act of [() => other.responses.retrieve(made.id), () => other.responses.delete(made.id), () => all(other.responses.inputItems.list(made.id))]) {
    await assert.rejects(act, OpenAI.NotFoundError);
  }
});

test('input tokens are counted', async () => {
  const few = await client.responses.inputTokens.count({ model: 'chat', input: 'one' });
  assert.equal(few.object, 'response.input_tokens');
  const many = await client.responses.inputTokens.count({ model: 'chat', input: 'one '.repeat(500), tools: [weather] });
  assert.ok(many.input_tokens > few.input_tokens && few.input_tokens > 0);
});

test('a background response is polled until it is complete', async () => {
  let made = await client.responses.create({ ...hello, background: true });
  assert.ok(['queued', 'in_progress', 'completed'].includes(made.status));
  assert.equal(made.background, true);
  await until(async () => (made = await client.responses.retrieve(made.id)).status === 'completed', 'the background response is complete');
  assert.equal(made.output_text, text);
});

test('a background response is streamed, left, and gone on with', async () => {
  const stream = await client.responses.create({ ...hello, background: true, stream: true });
  let id, seen = -1;
  for await (const event of stream) {
    id ??= event.response?.id;
    seen = event.sequence_number;
    if (event.type === 'response.output_text.delta') break;
  }
  const rest = await all(await client.responses.retrieve(id, { stream: true, starting_after: seen }));
  assert.equal(rest[0].sequence_number, seen + 1);
  assert.equal(rest.at(-1).type, 'response.completed');
  assert.equal(rest.at(-1).response.output[0].content[0].text, text);
  assert.equal((await client.responses.stream({ response_id: id, starting_after: seen }).finalResponse()).output_text, text);
});

test('a background response is cancelled, and that reaches the backend', () => leaves(async () => {
  const { started } = await stats(slow);
  const made = await client.responses.create({ model: 'slow', input: 'x', background: true });
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  const cancelled = await client.responses.cancel(made.id);
  assert.equal(cancelled.status, 'cancelled');
  assert.equal((await client.responses.retrieve(made.id)).status, 'cancelled');
}));

test('leaving a stream reaches the backend', () => leaves(async () => {
  for await (const event of await client.responses.create({ model: 'slow', input: 'x', stream: true })) {
    if (event.type === 'response.output_text.delta') break;
  }
}));

test('the stream helper can be aborted, and that reaches the backend', () => leaves(async () => {
  const stream = client.responses.stream({ model: 'slow', input: 'x' });
  stream.once('response.output_text.delta', () => stream.abort());
  await assert.rejects(stream.done(), OpenAI.APIUserAbortError);
}));

test('a conversation is summed up, and goes on from that', async () => {
  const summary = await client.responses.compact({ model: 'chat', input: 'Hello there' });
  assert.deepEqual([summary.object, summary.output.map(item => item.type)], ['response.compaction', ['compaction']]);
  assert.ok(summary.usage.input_tokens > 0);
  const answer = await client.responses.create({ model: 'chat', input: [...summary.output, { role: 'user', content: 'And then?' }] });
  assert.equal(answer.status, 'completed');
  const told = (await lastBody()).messages;
  assert.deepEqual(told.map(message => message.role), ['user', 'user']);
  assert.match(told[0].content, /as a summary/);
});

test('errors have their class and parameter', async () => {
  await assert.rejects(client.responses.create({ ...hello, model: 'nobody' }), OpenAI.NotFoundError);
  await assert.rejects(client.responses.create({ ...hello, temperature: 'hot' }), error => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
  await assert.rejects(client.responses.create({ ...hello, previous_response_id: 'resp_nobody' }), error => error instanceof OpenAI.BadRequestError && error.param === 'previous_response_id');
  await assert.rejects(client.withOptions({ apiKey: 'sk-nobody' }).responses.create(hello), OpenAI.AuthenticationError);
  for (const stream of [false, true]) {
    await refusal(503, 'gone for lunch');
    await assert.rejects(client.responses.create({ ...hello, stream }), error => error instanceof OpenAI.InternalServerError && /gone for lunch/.test(error.message));
  }
});

test('a failure in the middle of a stream ends it as failed', async () => {
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  const events = await all(await client.responses.create({ ...hello, stream: true }));
  const last = events.at(-1);
  assert.equal(last.type, 'response.failed');
  assert.match(last.response.error.message, /the model fell over/);
  assert.equal(last.response.status, 'failed');
});

test('a conversation keeps what was said in it', async () => {
  const made = await client.conversations.create({ metadata: { topic: 'x' }, items: [{ type: 'message', role: 'user', content: 'My name is Ada.' }] });
  assert.match(made.id, /^conv_/);
  assert.deepEqual([made.object, made.metadata], ['conversation', { topic: 'x' }]);
  const answer = await client.responses.create({ ...hello, conversation: made.id });
  assert.equal(answer.conversation.id, made.id);
  assert.deepEqual((await lastBody()).messages.map(m => m.content), ['My name is Ada.', 'Hello there']);
  await client.responses.create({ model: 'chat', input: 'And now?', conversation: { id: made.id } });
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'user', 'assistant', 'user']);
  const items = await all(client.conversations.items.list(made.id, { order: 'asc', limit: 2 }));
  assert.deepEqual(items.map(i => i.role), ['user', 'user', 'assistant', 'user', 'assistant']);
});

test('a conversation is retrieved, updated and deleted', async () => {
  const { id } = await client.conversations.create({});
  assert.deepEqual((await client.conversations.update(id, { metadata: { topic: 'y' } })).metadata, { topic: 'y' });
  const found = await client.conversations.retrieve(id);
  assert.deepEqual([found.id, found.metadata, typeof found.created_at], [id, { topic: 'y' }, 'number']);
  const gone = await client.conversations.delete(id);
  assert.deepEqual([gone.id, gone.deleted, gone.object], [id, true, 'conversation.deleted']);
  await assert.rejects(client.conversations.retrieve(id), OpenAI.NotFoundError);
  await assert.rejects(client.responses.create({ ...hello, conversation: id }), error => [400, 404].includes(error.status));
});

test('items of a conversation are added, retrieved and deleted', async () => {
  const { id } = await client.conversations.create();
  const added = await client.conversations.items.create(id, { items: [{ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' }].map(m => ({ type: 'message', ...m })) });
  assert.deepEqual([added.object, added.data.length], ['list', 2]);
  const [first] = added.data;
  const found = await client.conversations.items.retrieve(first.id, { conversation_id: id });
  assert.deepEqual([found.type, found.role, found.content[0].text], ['message', 'user', 'one']);
  assert.equal((await client.conversations.items.delete(first.id, { conversation_id: id })).id, id);
  assert.equal((await all(client.conversations.items.list(id))).length, 1);
  await assert.rejects(client.conversations.items.retrieve(first.id, { conversation_id: id }), OpenAI.NotFoundError);
});
