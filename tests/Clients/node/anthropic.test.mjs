// The npm package `@anthropic-ai/sdk`: an Anthropic client talks to any model of the gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaZodOutputFormat, betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, leavesLate, newKey, occupyCrowded, refusal, slow, stats, until, url } from './gateway.mjs';

const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const user = content => [{ role: 'user', content }];
const hello = { model: 'chat', max_tokens: 100, messages: user('Hello there') };
const text = answerTo('Hello there');
const weather = { name: 'get_weather', description: 'The weather', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };
const clock = { name: 'get_time', input_schema: { type: 'object', properties: {} } };

test('create answers with a message, its usage and why it stopped', async () => {
  const answer = await client.messages.create(hello);
  assert.match(answer.id, /^msg_/);
  assert.deepEqual([answer.type, answer.role, answer.model, answer.stop_reason, answer.stop_sequence], ['message', 'assistant', 'chat', 'end_turn', null]);
  assert.deepEqual(answer.content.map(b => [b.type, b.text]), [['text', text]]);
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  assert.ok(answer._request_id);
});

test('system prompts, roles and blocks reach the backend', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await client.messages.create({
    ...hello,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'Be kind.' }],
    messages: [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: [{ type: 'text', text: 'earlier' }] },
      { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] },
    ],
  });
  const { messages } = await lastBody();
  assert.deepEqual(messages.map(m => m.role), ['system', 'user', 'assistant', 'user']);
  assert.match(JSON.stringify(messages[0].content), /Be brief\..*Be kind\./);
  if (isOllama) assert.deepEqual(messages[3].images, [png]);
  else assert.equal(messages[3].content[1].image_url.url, `data:image/png;base64,${png}`);
});

test('settings reach the backend, and max_tokens ends an answer', async () => {
  const cut = await client.messages.create({ ...hello, max_tokens: 2, temperature: 0.25, top_p: 0.5, top_k: 12, stop_sequences: ['END'], metadata: { user_id: 'ada' } });
  assert.deepEqual([cut.content[0].text, cut.stop_reason, cut.usage.output_tokens], ['This is', 'max_tokens', 2]);
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p, sent.top_k, [sent.stop].flat()], [0.25, 0.5, 12, ['END']]);
});

const outline = events => events.map(e => e.type).filter((type, at, list) => type !== 'ping' && !(type === 'content_block_delta' && list[at - 1] === type));

test('a stream has its events in order', async () => {
  const events = await all(await client.messages.create({ ...hello, stream: true }));
  assert.deepEqual(outline(events), ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  const [start] = events;
  assert.deepEqual([start.message.type, start.message.role, start.message.model, start.message.content, start.message.stop_reason], ['message', 'assistant', 'chat', [], null]);
  assert.ok(start.message.usage.input_tokens > 0);
  const end = events.find(e => e.type === 'message_delta');
  assert.deepEqual([end.delta.stop_reason, end.delta.stop_sequence], ['end_turn', null]);
  assert.ok(end.usage.output_tokens > 0);
  assert.equal(events.filter(e => e.type === 'content_block_delta').map(e => e.delta.text).join(''), text);
});

test('the stream helper tells every event and holds the final message', async () => {
  const seen = {};
  const stream = client.messages.stream(hello);
  for (const name of ['connect', 'streamEvent', 'text', 'contentBlock', 'message', 'finalMessage', 'end', 'error', 'abort']) stream.on(name, (...args) => (seen[name] ??= []).push(args));
  const message = await stream.finalMessage();
  await stream.done();
  assert.deepEqual([message.stop_reason, message.content[0].text], ['end_turn', text]);
  assert.equal(await stream.finalText(), text);
  for (const name of ['connect', 'contentBlock', 'message', 'finalMessage', 'end']) assert.equal(seen[name]?.length, 1, name);
  assert.equal(seen.text.map(([delta]) => delta).join(''), text);
  assert.equal(seen.text.at(-1)[1], text);
  assert.deepEqual([seen.error, seen.abort], [undefined, undefined]);
  const { response, request_id } = await stream.withResponse();
  assert.equal(response.headers.get('request-id'), request_id);
});

test('the stream helper is iterable, and can be sent on to a browser', async () => {
  assert.equal((await all(client.messages.stream(hello))).at(-1).type, 'message_stop');
  assert.equal(await MessageStream.fromReadableStream(client.messages.stream(hello).toReadableStream()).finalText(), text);
});

test('a tool is called and its result goes back', async () => {
  const messages = user('ask get_weather');
  const first = await client.messages.create({ ...hello, messages, tools: [weather, clock] });
  assert.equal(first.stop_reason, 'tool_use');
  const [call] = first.content.filter(b => b.type === 'tool_use');
  assert.deepEqual([call.name, call.input], ['get_weather', { city: 'ask get_weather' }]);
  assert.ok(call.id);
  const second = await client.messages.create({
    ...hello,
    tools: [weather],
    messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: [{ type: 'text', text: 'sunny' }] }] }],
  });
  assert.equal(second.stop_reason, 'end_turn');
  const { messages: sent } = await lastBody();
  assert.deepEqual(sent.map(m => m.role), ['user', 'assistant', 'tool']);
  assert.equal(sent[2].content, 'sunny');
});

test('two tools are called side by side, streamed as blocks of their own', async () => {
  const jsons = [];
  const stream = client.messages.stream({ ...hello, messages: user('get_weather and get_time'), tools: [weather, clock] }).on('inputJson', (delta, snapshot) => jsons.push([delta, snapshot]));
  const message = await stream.finalMessage();
  assert.deepEqual(message.content.map(b => [b.type, b.name]), [['tool_use', 'get_weather'], ['tool_use', 'get_time']]);
  assert.deepEqual(message.content[0].input, { city: 'get_weather and get_time' });
  assert.equal(new Set(message.content.map(b => b.id)).size, 2);
  assert.equal(message.stop_reason, 'tool_use');
  assert.ok(jsons.length > 1);
});

test('several results go back at once, one of them an error, with a text after them', async () => {
  const messages = user('get_weather and get_time');
  const first = await client.messages.create({ ...hello, messages, tools: [weather, clock] });
  const [one, other] = first.content;
  await client.messages.create({
    ...hello,
    tools: [weather, clock],
    messages: [...messages, { role: 'assistant', content: first.content }, {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: one.id, content: 'sunny' }, { type: 'tool_result', tool_use_id: other.id, content: 'no clock', is_error: true }, { type: 'text', text: 'go on' }],
    }],
  });
  const { messages: sent } = await lastBody();
  assert.deepEqual(sent.map(m => m.role), ['user', 'assistant', 'tool', 'tool', 'user']);
  assert.equal(sent[1].tool_calls.length, 2);
  assert.match(sent[3].content, /no clock/);
});

test('tool_choice reaches the backend', async () => {
  const ask = (content, tool_choice) => client.messages.create({ ...hello, messages: user(content), tools: [weather, clock], tool_choice });
  assert.equal((await ask('get_weather', { type: 'none' })).stop_reason, 'end_turn');
  assert.equal((await ask('get_weather', { type: 'auto' })).stop_reason, 'tool_use');
  if (isOllama) return;
  assert.equal((await ask('x', { type: 'any' })).content.length, 1);
  assert.equal((await ask('x', { type: 'tool', name: 'get_time', disable_parallel_tool_use: true })).content[0].name, 'get_time');
});

test('thinking is a block of its own', async () => {
  const ask = { ...hello, model: 'thinker', max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } };
  const answer = await client.messages.create(ask);
  assert.deepEqual(answer.content.map(b => b.type), ['thinking', 'text']);
  assert.match(answer.content[0].thinking, /simulated thought/);
  assert.equal(typeof answer.content[0].signature, 'string');
  let thoughts = '';
  const streamed = await client.messages.stream(ask).on('thinking', delta => (thoughts += delta)).finalMessage();
  assert.equal(thoughts, answer.content[0].thinking);
  assert.deepEqual(streamed.content.map(b => b.type), ['thinking', 'text']);
  const again = await client.messages.create({ ...ask, messages: [...ask.messages, { role: 'assistant', content: answer.content }, { role: 'user', content: 'go on' }] });
  assert.equal(again.content.at(-1).text, answerTo('go on', 'qwen3'));
});

const Person = z.object({ name: z.string(), age: z.number(), mood: z.enum(['good', 'bad']) });

test('parse reads an answer into a zod schema', async () => {
  const answer = await client.messages.parse({ ...hello, output_config: { format: zodOutputFormat(Person) } });
  assert.ok(Person.safeParse(answer.parsed_output).success);
  const streamed = await client.messages.stream({ ...hello, output_config: { format: zodOutputFormat(Person) } }).finalMessage();
  assert.ok(Person.safeParse(streamed.parsed_output).success);
  const beta = await client.beta.messages.parse({ ...hello, output_config: { format: betaZodOutputFormat(Person) } });
  assert.ok(Person.safeParse(beta.parsed_output).success);
});

test('the beta messages are the same', async () => {
  const answer = await client.beta.messages.create({ ...hello, betas: ['interleaved-thinking-2025-05-14'] });
  assert.equal(answer.content[0].text, text);
  assert.equal(await client.beta.messages.stream(hello).finalText(), text);
  assert.ok((await client.beta.messages.countTokens({ model: 'chat', messages: user('one two') })).input_tokens > 0);
});

const tools = asked => [betaZodTool({ name: 'get_weather', description: 'The weather', inputSchema: z.object({ city: z.string() }), run: ({ city }) => (asked.push(city), `sunny in ${city}`) })];

test('the tool runner runs the tools and goes on with their results', async () => {
  const asked = [];
  const runner = client.beta.messages.toolRunner({ ...hello, messages: user('ask get_weather'), tools: tools(asked) });
  const replies = await all(runner);
  assert.deepEqual(replies.map(r => r.stop_reason), ['tool_use', 'end_turn']);
  assert.deepEqual(asked, ['ask get_weather']);
  const { messages } = await lastBody();
  assert.deepEqual(messages.map(m => m.role), ['user', 'assistant', 'tool']);
  assert.equal(messages[2].content, 'sunny in ask get_weather');
  const final = await client.beta.messages.toolRunner({ ...hello, messages: user('ask get_weather'), tools: tools([]) });
  assert.equal(final.content[0].text, answerTo('ask get_weather'));
});

test('the tool runner streams', async () => {
  const texts = [];
  for await (const stream of client.beta.messages.toolRunner({ ...hello, stream: true, messages: user('ask get_weather'), tools: tools([]) })) {
    texts.push((await stream.finalMessage()).content.map(b => b.type).join());
  }
  assert.deepEqual(texts, ['tool_use', 'text']);
  assert.equal((await lastBody()).messages.length, 3);
});

test('threads that the server would hold are refused, and done without where the client can', async () => {
  await assert.rejects(client.beta.messages.thread({ model: 'chat', max_tokens: 100 }).send({ role: 'user', content: 'x' }), error => error.status === 400 && error.error.error.details.error_code === 'thread_unsupported_request');
  const thread = client.beta.messages.thread({ model: 'chat', max_tokens: 100, unsupportedRequestBehavior: 'continue_unthreaded' });
  await thread.send({ role: 'user', content: 'first' });
  assert.equal((await thread.send({ role: 'user', content: 'second' })).content[0].text, answerTo('second'));
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'user']);
});

test('tokens are counted', async () => {
  const { data, response } = await client.messages.countTokens({ model: 'chat', messages: user('one'), system: 'Be brief.' }).withResponse();
  assert.equal(response.headers.get('x-estimated'), 'true');
  const many = await client.messages.countTokens({ model: 'chat', messages: user('one '.repeat(500)), tools: [weather] });
  assert.ok(many.input_tokens > data.input_tokens && data.input_tokens > 0);
});

test('models are listed page by page and retrieved', async () => {
  const listed = await all(client.models.list());
  assert.ok(listed.every(m => m.type === 'model' && m.display_name && !Number.isNaN(Date.parse(m.created_at))));
  for (const name of ['chat', 'thinker']) assert.ok(listed.some(m => m.id === name), name);
  assert.deepEqual((await all(client.models.list({ limit: 2 }))).map(m => m.id), listed.map(m => m.id));
  const first = await client.models.list({ limit: 1 });
  assert.deepEqual([first.data.length, first.has_more, first.first_id, first.last_id], [1, true, listed[0].id, listed[0].id]);
  assert.equal((await client.models.retrieve('chat')).id, 'chat');
  assert.equal((await client.beta.models.retrieve('chat')).id, 'chat');
  await assert.rejects(client.models.retrieve('nobody'), Anthropic.NotFoundError);
});

test('a bearer token is a key as well', async () => {
  const bearer = new Anthropic({ baseURL: url, authToken: key, apiKey: null, maxRetries: 0 });
  assert.equal((await bearer.messages.create(hello)).content[0].text, text);
});

test('withResponse gives the headers, limits among them', async () => {
  const { response, request_id } = await client.messages.create(hello).withResponse();
  assert.equal(response.headers.get('request-id'), request_id);
  assert.ok(Number(response.headers.get('anthropic-ratelimit-requests-limit')) > 0);
  assert.ok(Number(response.headers.get('anthropic-ratelimit-requests-remaining')) >= 0);
  assert.ok(!Number.isNaN(Date.parse(response.headers.get('anthropic-ratelimit-requests-reset'))));
  const raw = await client.messages.create({ ...hello, stream: true }).asResponse();
  assert.match(await raw.text(), /^event: message_start\n/);
});

test('errors have their class, type and request id', async () => {
  const failed = (act, type, name) => assert.rejects(act, error => {
    assert.ok(error instanceof type, String(error));
    assert.equal(error.error.error.type, name);
    assert.equal(error.error.type, 'error');
    assert.equal(error.error.request_id, error.requestID);
    return true;
  });
  await failed(client.messages.create({ ...hello, model: 'nobody' }), Anthropic.NotFoundError, 'not_found_error');
  await failed(client.messages.create({ ...hello, messages: [] }), Anthropic.BadRequestError, 'invalid_request_error');
  await failed(client.messages.create({ ...hello, temperature: 'hot', stream: true }), Anthropic.BadRequestError, 'invalid_request_error');
  await failed(new Anthropic({ baseURL: url, apiKey: 'sk-nobody', maxRetries: 0 }).messages.create(hello), Anthropic.AuthenticationError, 'authentication_error');
  const narrow = new Anthropic({ baseURL: url, apiKey: await newKey({ models: ['chat'] }), maxRetries: 0 });
  await assert.rejects(narrow.messages.create({ ...hello, model: 'thinker' }), error => [401, 403].includes(error.status));
  for (const [status, type, name] of [[429, Anthropic.RateLimitError, 'rate_limit_error'], [500, Anthropic.InternalServerError, 'api_error'], [503, Anthropic.OverloadedError, 'overloaded_error']]) {
    await refusal(status, `words of a ${status}`);
    await failed(client.messages.create(hello), type, name);
  }
});

test('what Anthropic has and the gateway has not is a clear error', async () => {
  await assert.rejects(client.messages.batches.list(), error => [404, 405].includes(error.status));
});

test('a failure in the middle of a stream is thrown to its reader', async () => {
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  let read = '';
  await assert.rejects(async () => {
    for await (const event of await client.messages.create({ ...hello, stream: true })) read += event.delta?.text ?? '';
  }, error => error instanceof Anthropic.APIError && /the model fell over/.test(error.message));
  assert.equal(read, 'This is a');
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  await assert.rejects(client.messages.stream(hello).finalMessage(), /the model fell over/);
});

test('a refusal for now is retried after the time it names', async () => {
  const leave = await occupyCrowded();
  const crowded = { ...hello, model: 'crowded', max_tokens: 1 };
  await assert.rejects(client.messages.create(crowded), error => error instanceof Anthropic.RateLimitError && error.headers.get('retry-after') === '1');
  let calls = 0;
  const patient = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 5, fetch: (...args) => (++calls === 2 && leave(), fetch(...args)) });
  assert.equal((await patient.messages.create(crowded)).stop_reason, 'max_tokens');
});

test('leaving a stream by break reaches the backend', () => leaves(async () => {
  for await (const event of await client.messages.create({ ...hello, model: 'slow', max_tokens: 3000, stream: true })) {
    if (event.type === 'content_block_delta') break;
  }
}));

test('the stream helper can be aborted, and that reaches the backend', () => leaves(async () => {
  const stream = client.messages.stream({ ...hello, model: 'slow', max_tokens: 3000 });
  stream.once('text', () => stream.abort());
  await assert.rejects(stream.done(), Anthropic.APIUserAbortError);
}));

test('an aborted create reaches the backend', () => leaves(async () => {
  const { started } = await stats(slow);
  const leave = new AbortController();
  const refused = assert.rejects(client.messages.create({ ...hello, model: 'slow', max_tokens: 3000 }, { signal: leave.signal }), Anthropic.APIUserAbortError);
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  leave.abort();
  await refused;
}));

test('a timeout reaches the backend', () => leavesLate(timeout =>
  assert.rejects(client.messages.create({ ...hello, model: 'slow', max_tokens: 3000 }, { timeout }), Anthropic.APIConnectionTimeoutError)));
