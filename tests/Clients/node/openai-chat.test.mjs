// The npm package `openai`: chat completions and models.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, leavesLate, newKey, occupyCrowded, refusal, slow, stats, until, url } from './gateway.mjs';

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const user = content => [{ role: 'user', content }];
const hello = { model: 'chat', messages: user('Hello there') };
const weather = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const clock = { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {} } } };

test('create answers with a whole completion', async () => {
  const answer = await client.chat.completions.create(hello);
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.object, 'chat.completion');
  assert.ok(Number.isInteger(answer.created));
  assert.equal(answer.model, 'chat');
  assert.equal(answer.choices.length, 1);
  const [{ index, message, finish_reason, logprobs }] = answer.choices;
  assert.deepEqual([index, message.role, message.content, message.refusal ?? null, finish_reason, logprobs ?? null], [0, 'assistant', answerTo('Hello there'), null, 'stop', null]);
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test('create with stream gives chunks of one completion, without usage unless asked', async () => {
  const chunks = await all(await client.chat.completions.create({ ...hello, stream: true }));
  assert.equal(new Set(chunks.map(c => c.id)).size, 1);
  assert.ok(chunks.every(c => c.object === 'chat.completion.chunk' && c.model === 'chat' && c.choices.length === 1 && !c.usage));
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.equal(chunks.map(c => c.choices[0].delta.content ?? '').join(''), answerTo('Hello there'));
  assert.deepEqual(chunks.map(c => c.choices[0].finish_reason).filter(Boolean), ['stop']);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('include_usage adds one last chunk with usage and no choices', async () => {
  const chunks = await all(await client.chat.completions.create({ ...hello, stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
  assert.ok(chunks.slice(0, -1).every(c => !c.usage));
});

test('a stream can be teed and sent on as a web stream', async () => {
  const [one, other] = (await client.chat.completions.create({ ...hello, stream: true })).tee();
  const text = list => list.map(c => c.choices[0]?.delta.content ?? '').join('');
  const [first, second] = await Promise.all([all(one), all(other)]);
  assert.equal(text(first), answerTo('Hello there'));
  assert.deepEqual(first, second);
  const lines = Buffer.concat(await all((await client.chat.completions.create({ ...hello, stream: true })).toReadableStream())).toString().trim().split('\n');
  assert.equal(text(lines.map(line => JSON.parse(line))), answerTo('Hello there'));
});

test('leaving a stream by break reaches the backend', () => leaves(async () => {
  for await (const chunk of await client.chat.completions.create({ model: 'slow', messages: user('break'), stream: true })) {
    if (chunk.choices[0].delta.content) break;
  }
}));

test('leaving a stream by its controller reaches the backend', () => leaves(async () => {
  const stream = await client.chat.completions.create({ model: 'slow', messages: user('controller'), stream: true });
  let chunks = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content && ++chunks === 2) stream.controller.abort();
  }
  assert.ok(chunks < 400);
}));

test('an aborted create is a user abort and reaches the backend', () => leaves(async () => {
  const { started } = await stats(slow);
  const leave = new AbortController();
  const answer = client.chat.completions.create({ model: 'slow', messages: user('abort') }, { signal: leave.signal });
  const refused = assert.rejects(answer, OpenAI.APIUserAbortError);
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  leave.abort();
  await refused;
}));

test('a timeout is a connection timeout and reaches the backend', () => leavesLate(timeout =>
  assert.rejects(client.chat.completions.create({ model: 'slow', messages: user('timeout') }, { timeout }), OpenAI.APIConnectionTimeoutError)));

test('max_tokens and max_completion_tokens end an answer by length', async () => {
  for (const limit of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
    const answer = await client.chat.completions.create({ ...hello, ...limit });
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.choices[0].message.content, 'This is a');
    assert.equal(answer.usage.completion_tokens, 3);
  }
});

test('sampling parameters reach the backend', async () => {
  const sampling = { temperature: 0.25, top_p: 0.5, seed: 7, presence_penalty: 0.125, frequency_penalty: 0.375 };
  await client.chat.completions.create({ ...hello, ...sampling, stop: ['END', 'STOP'] });
  const sent = await lastOptions();
  for (const [name, value] of Object.entries(sampling)) assert.equal(sent[name], value, name);
  assert.deepEqual(sent.stop, ['END', 'STOP']);
});

test('roles and content parts reach the backend', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await client.chat.completions.create({
    model: 'chat',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'before' },
      { role: 'assistant', content: [{ type: 'text', text: 'earlier' }] },
      { role: 'user', name: 'ada', content: [{ type: 'text', text: 'Look: ' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } }] },
    ],
  });
  const { messages } = await lastBody();
  assert.equal(messages.length, 4);
  assert.match(messages[0].role, /^(system|developer)$/);
  if (isOllama) {
    assert.deepEqual(messages[3].images, [png]);
    assert.equal(messages[2].content, 'earlier');
  } else {
    assert.equal(messages[3].content[1].image_url.url, `data:image/png;base64,${png}`);
  }
});

test('a tool is called and its result goes back', async () => {
  const messages = user('Call get_weather please');
  const first = await client.chat.completions.create({ model: 'chat', messages, tools: [weather, clock] });
  assert.equal(first.choices[0].finish_reason, 'tool_calls');
  const { message } = first.choices[0];
  assert.equal(message.role, 'assistant');
  assert.equal(message.content ?? null, null);
  assert.equal(message.tool_calls.length, 1);
  const [call] = message.tool_calls;
  assert.deepEqual([call.type, call.function.name], ['function', 'get_weather']);
  assert.ok(call.id.length > 0);
  assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ['city']);

  const second = await client.chat.completions.create({ model: 'chat', messages: [...messages, message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }], tools: [weather] });
  assert.equal(second.choices[0].finish_reason, 'stop');
  const sent = (await lastBody()).messages.at(-1);
  assert.deepEqual([sent.role, sent.content], ['tool', 'sunny']);
});

test('two tools are called in parallel, with an id each', async () => {
  const { choices } = await client.chat.completions.create({ model: 'chat', messages: user('get_weather and get_time'), tools: [weather, clock], parallel_tool_calls: true });
  assert.deepEqual(choices[0].message.tool_calls.map(c => c.function.name), ['get_weather', 'get_time']);
  assert.equal(new Set(choices[0].message.tool_calls.map(c => c.id)).size, 2);
});

test('tool_choice none, required and by name mean what they say', async () => {
  const ask = (content, tool_choice) => client.chat.completions.create({ model: 'chat', messages: user(content), tools: [weather, clock], tool_choice });
  assert.equal((await ask('get_weather', 'none')).choices[0].finish_reason, 'stop');
  if (isOllama) return; // Ollama's own API has no tool_choice: the rest is the model's to decide.
  assert.equal((await ask('anything', 'required')).choices[0].message.tool_calls.length, 1);
  const named = await ask('anything', { type: 'function', function: { name: 'get_time' } });
  assert.deepEqual(named.choices[0].message.tool_calls.map(c => c.function.name), ['get_time']);
});

test('streamed tool calls arrive as pieces that add up', async () => {
  const chunks = await all(await client.chat.completions.create({ model: 'chat', messages: user('get_weather and get_time'), tools: [weather, clock], stream: true }));
  const calls = [];
  for (const piece of chunks.flatMap(c => c.choices[0].delta.tool_calls ?? [])) {
    const call = (calls[piece.index] ??= { id: piece.id, type: piece.type, name: piece.function.name, arguments: '' });
    call.arguments += piece.function.arguments ?? '';
  }
  assert.deepEqual(calls.map(c => [c.type, c.name]), [['function', 'get_weather'], ['function', 'get_time']]);
  assert.ok(calls.every(c => c.id));
  assert.deepEqual(calls.map(c => Object.keys(JSON.parse(c.arguments))), [['city'], []]);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'tool_calls');
});

test('logprobs come with every token, whole and streamed', async () => {
  const check = content => {
    assert.equal(content.map(l => l.token).join(''), answerTo('Hello there'));
    assert.ok(content.every(l => l.logprob <= 0 && Array.isArray(l.bytes) && l.top_logprobs.length === 2));
  };
  const ask = { ...hello, logprobs: true, top_logprobs: 2 };
  check((await client.chat.completions.create(ask)).choices[0].logprobs.content);
  check((await all(await client.chat.completions.create({ ...ask, stream: true }))).flatMap(c => c.choices[0].logprobs?.content ?? []));
  const deltas = [], done = [];
  await client.chat.completions.stream(ask).on('logprobs.content.delta', e => deltas.push(...e.content)).on('logprobs.content.done', e => done.push(...e.content)).done();
  check(deltas);
  check(done);
});

test('n gives several choices, or says that the backend cannot', async () => {
  if (isOllama) {
    await assert.rejects(client.chat.completions.create({ ...hello, n: 2 }), error => error instanceof OpenAI.BadRequestError && error.param === 'n');
    return;
  }

  const whole = await client.chat.completions.create({ ...hello, n: 2 });
  assert.deepEqual(whole.choices.map(c => [c.index, c.message.content, c.finish_reason]), [0, 1].map(index => [index, answerTo('Hello there'), 'stop']));
  const streamed = await client.chat.completions.stream({ ...hello, n: 2 }).finalChatCompletion();
  assert.deepEqual(streamed.choices.map(c => [c.index, c.message.content]), [0, 1].map(index => [index, answerTo('Hello there')]));
  const called = await client.chat.completions.create({ model: 'chat', messages: user('get_weather'), tools: [weather], n: 2 });
  assert.deepEqual(called.choices.map(c => c.message.tool_calls.length), [1, 1]);
});

const Report = z.object({
  title: z.string(),
  score: z.number(),
  final: z.boolean(),
  mood: z.enum(['good', 'bad']),
  note: z.string().nullable(),
  author: z.object({ name: z.string(), age: z.number().int() }),
  steps: z.array(z.object({ explanation: z.string() })),
});

test('parse reads an answer into a zod schema', async () => {
  const answer = await client.chat.completions.parse({ ...hello, response_format: zodResponseFormat(Report, 'report') });
  const { parsed } = answer.choices[0].message;
  assert.equal(parsed.title, answerTo('Hello there'));
  assert.ok(['good', 'bad'].includes(parsed.mood));
  assert.ok(Report.safeParse(parsed).success);
});

test('parse reads tool arguments into a zod schema', async () => {
  const tool = zodFunction({ name: 'book_table', parameters: z.object({ place: z.string(), seats: z.number() }) });
  const answer = await client.chat.completions.parse({ model: 'chat', messages: user('please book_table now'), tools: [tool] });
  const [call] = answer.choices[0].message.tool_calls;
  assert.equal(call.function.parsed_arguments.place, 'please book_table now');
  assert.equal(typeof call.function.parsed_arguments.seats, 'number');
});

test('parse of an answer that was cut says so', async () => {
  await assert.rejects(
    client.chat.completions.parse({ ...hello, max_tokens: 2, response_format: zodResponseFormat(Report, 'report') }),
    OpenAI.LengthFinishReasonError ?? /length/);
});

test('json_object and json_schema answers are JSON', async () => {
  const plain = await client.chat.completions.create({ ...hello, response_format: { type: 'json_object' } });
  assert.equal(typeof JSON.parse(plain.choices[0].message.content), 'object');
  const schema = { type: 'object', properties: { answer: { type: 'string' }, count: { type: 'integer' } }, required: ['answer', 'count'], additionalProperties: false };
  const formed = await client.chat.completions.create({ ...hello, response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } } });
  assert.deepEqual(Object.keys(JSON.parse(formed.choices[0].message.content)), ['answer', 'count']);
});

test('the stream helper tells every event of a text', async () => {
  const seen = {};
  const stream = client.chat.completions.stream({ ...hello, stream_options: { include_usage: true } });
  for (const name of ['connect', 'chunk', 'content', 'content.delta', 'content.done', 'message', 'chatCompletion', 'finalContent', 'finalMessage', 'finalChatCompletion', 'totalUsage', 'end', 'error', 'abort']) {
    stream.on(name, (...args) => (seen[name] ??= []).push(args));
  }
  const text = answerTo('Hello there');
  assert.equal(await stream.finalContent(), text);
  await stream.done();
  assert.deepEqual([seen.error, seen.abort], [undefined, undefined]);
  for (const name of ['connect', 'message', 'chatCompletion', 'finalContent', 'finalMessage', 'finalChatCompletion', 'totalUsage', 'end', 'content.done']) assert.equal(seen[name]?.length, 1, name);
  assert.equal(seen.content.map(([delta]) => delta).join(''), text);
  assert.equal(seen['content.delta'].map(([{ delta }]) => delta).join(''), text);
  assert.equal(seen.content.at(-1)[1], text);
  assert.equal(seen['content.done'][0][0].content, text);
  assert.deepEqual([(await stream.finalMessage()).role, (await stream.finalMessage()).content], ['assistant', text]);
  const whole = await stream.finalChatCompletion();
  assert.deepEqual([whole.model, whole.choices[0].finish_reason], ['chat', 'stop']);
  assert.ok((await stream.totalUsage()).total_tokens > 0);
  assert.equal(stream.allChatCompletions().length, 1);
});

test('the stream helper tells tool calls as they grow, and parses them', async () => {
  const tool = zodFunction({ name: 'book_table', parameters: z.object({ place: z.string(), seats: z.number() }) });
  const deltas = [], done = [];
  const stream = client.chat.completions
    .stream({ model: 'chat', messages: user('please book_table now'), tools: [tool] })
    .on('tool_calls.function.arguments.delta', event => deltas.push(event))
    .on('tool_calls.function.arguments.done', event => done.push(event));
  const message = await stream.finalMessage();
  assert.equal(deltas.map(d => d.arguments_delta).join(''), message.tool_calls[0].function.arguments);
  assert.deepEqual(done.map(d => [d.name, d.index]), [['book_table', 0]]);
  assert.equal(done[0].parsed_arguments.place, 'please book_table now');
  assert.equal((await stream.finalFunctionToolCall()).name, 'book_table');
});

test('the stream helper parses a structured answer as it grows', async () => {
  const stream = client.chat.completions.stream({ ...hello, response_format: zodResponseFormat(z.object({ title: z.string() }), 'title') });
  const growing = [];
  stream.on('content.delta', ({ parsed }) => growing.push(parsed));
  const whole = await stream.finalChatCompletion();
  assert.deepEqual(whole.choices[0].message.parsed, { title: answerTo('Hello there') });
  assert.ok(growing.length > 1);
});

test('the stream helper is iterable, and can be sent on to a browser', async () => {
  const chunks = await all(client.chat.completions.stream(hello));
  assert.equal(chunks.map(c => c.choices[0].delta.content ?? '').join(''), answerTo('Hello there'));
  const sent = client.chat.completions.stream(hello).toReadableStream();
  assert.equal(await ChatCompletionStream.fromReadableStream(sent).finalContent(), answerTo('Hello there'));
});

test('the stream helper can be aborted, and that reaches the backend', () => leaves(async () => {
  const stream = client.chat.completions.stream({ model: 'slow', messages: user('helper') });
  let aborts = 0;
  stream.on('abort', () => aborts++).once('content', () => stream.abort());
  await assert.rejects(stream.done(), OpenAI.APIUserAbortError);
  assert.ok(stream.aborted);
  assert.equal(aborts, 1);
}));

test('runTools runs the tools and goes on with their results', async () => {
  const asked = [];
  const runner = client.chat.completions.runTools({
    model: 'chat',
    messages: user('What does get_weather say?'),
    tools: [{ type: 'function', function: { ...weather.function, parse: JSON.parse, function: args => (asked.push(args), { sky: 'clear' }) } }],
  });
  const seen = [];
  for (const name of ['functionToolCall', 'functionToolCallResult', 'finalFunctionToolCallResult', 'message', 'content']) runner.on(name, () => seen.push(name));
  assert.equal(await runner.finalContent(), answerTo('What does get_weather say?'));
  assert.deepEqual(asked, [{ city: 'What does get_weather say?' }]);
  assert.equal(await runner.finalFunctionToolCallResult(), JSON.stringify({ sky: 'clear' }));
  assert.equal((await runner.finalFunctionToolCall()).name, 'get_weather');
  assert.equal(runner.allChatCompletions().length, 2);
  assert.equal((await runner.totalUsage()).total_tokens, runner.allChatCompletions().reduce((sum, c) => sum + c.usage.total_tokens, 0));
  assert.deepEqual([...new Set(seen)].sort(), ['content', 'finalFunctionToolCallResult', 'functionToolCall', 'functionToolCallResult', 'message']);
  assert.deepEqual(runner.messages.map(m => m.role), ['user', 'assistant', 'tool', 'assistant']);
});

test('runTools streams, with zod tools', async () => {
  const tool = zodFunction({ name: 'book_table', parameters: z.object({ place: z.string() }), function: ({ place }) => `booked: ${place}` });
  const runner = client.chat.completions.runTools({ model: 'chat', stream: true, messages: user('book_table here'), tools: [tool] });
  let text = '';
  runner.on('content', delta => (text += delta));
  assert.equal(await runner.finalContent(), answerTo('book_table here'));
  assert.equal(text, answerTo('book_table here'));
  assert.equal(await runner.finalFunctionToolCallResult(), 'booked: book_table here');
});

test('runTools tells the model of arguments that make no sense, and its caller of a tool that failed', async () => {
  const run = made => client.chat.completions.runTools({ model: 'chat', messages: user('get_weather'), tools: [{ type: 'function', function: { ...weather.function, ...made } }] });
  const unread = run({ parse: () => { throw new Error('no such city'); }, function: () => 'never' });
  assert.equal(await unread.finalContent(), answerTo('get_weather'));
  assert.match(unread.messages[2].content, /no such city/);
  await assert.rejects(run({ parse: JSON.parse, function: () => { throw new Error('no thermometer'); } }).done(), /no thermometer/);
});

test('withResponse and asResponse give the headers, and answers their request id', async () => {
  const { data, response, request_id } = await client.chat.completions.create(hello).withResponse();
  assert.equal(response.status, 200);
  assert.ok(request_id);
  assert.equal(request_id, response.headers.get('x-request-id'));
  assert.equal(data._request_id, request_id);
  assert.ok(Number(response.headers.get('x-ratelimit-limit-requests')) > 0);
  const raw = await client.chat.completions.create({ ...hello, stream: true }).asResponse();
  assert.match(raw.headers.get('content-type'), /^text\/event-stream/);
  assert.match(await raw.text(), /data: \[DONE\]\n\n$/);
});

const failure = async act => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  assert.fail('It should have failed.');
};

test('a bad request names its parameter', async () => {
  for (const stream of [false, true]) {
    const error = await failure(() => client.chat.completions.create({ ...hello, temperature: 'hot', stream }));
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.status, error.type, error.param], [400, 'invalid_request_error', 'temperature']);
    assert.ok(error.requestID);
    assert.match(error.message, /temperature/);
  }
});

test('a wrong key, a model out of reach and an unknown one have errors of their own', async () => {
  const wrong = await failure(() => client.withOptions({ apiKey: 'sk-nobody' }).chat.completions.create(hello));
  assert.ok(wrong instanceof OpenAI.AuthenticationError);
  const narrow = client.withOptions({ apiKey: await newKey({ models: ['chat'] }) });
  assert.equal((await narrow.chat.completions.create(hello)).model, 'chat');
  const outOfReach = await failure(() => narrow.chat.completions.create({ ...hello, model: 'thinker' }));
  assert.ok(outOfReach instanceof OpenAI.PermissionDeniedError || outOfReach instanceof OpenAI.AuthenticationError, String(outOfReach));
  const unknown = await failure(() => client.chat.completions.create({ ...hello, model: 'nobody' }));
  assert.ok(unknown instanceof OpenAI.NotFoundError);
  assert.deepEqual([unknown.code, unknown.param], ['model_not_found', 'model']);
});

test('refusals of the backend arrive as the classes of their status', async () => {
  const classes = [[400, OpenAI.BadRequestError], [409, OpenAI.ConflictError], [422, OpenAI.UnprocessableEntityError], [429, OpenAI.RateLimitError], [500, OpenAI.InternalServerError], [503, OpenAI.InternalServerError]];
  for (const [status, type] of classes) {
    for (const stream of [false, true]) {
      await refusal(status, `words of a ${status}`);
      const error = await failure(() => client.chat.completions.create({ ...hello, stream }));
      assert.ok(error instanceof type, `${status}: ${error}`);
      assert.match(error.message, new RegExp(`words of a ${status}`));
    }
  }
});

test('nobody behind a model is a server error', async () => {
  const error = await failure(() => client.chat.completions.create({ ...hello, model: 'absent' }));
  assert.ok(error instanceof OpenAI.InternalServerError);
  assert.equal(error.status, 502);
});

test('a failure in the middle of a stream is thrown to its reader', async () => {
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  let text = '';
  const error = await failure(async () => {
    for await (const chunk of await client.chat.completions.create({ ...hello, stream: true })) text += chunk.choices[0]?.delta.content ?? '';
  });
  assert.equal(text, 'This is a');
  assert.ok(error instanceof OpenAI.APIError);
  assert.match(error.message, /the model fell over/);

  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  await assert.rejects(client.chat.completions.stream(hello).finalContent(), /the model fell over/);
});

test('a refusal for now is retried after the time it names', async () => {
  const leave = await occupyCrowded();
  const refused = await failure(() => client.chat.completions.create({ model: 'crowded', messages: user('x'), max_tokens: 1 }));
  assert.ok(refused instanceof OpenAI.RateLimitError);
  assert.equal(refused.code, 'rate_limit_exceeded');
  assert.equal(refused.headers.get('retry-after'), '1');

  let calls = 0;
  const patient = client.withOptions({ maxRetries: 5, fetch: (...args) => (++calls === 2 && leave(), fetch(...args)) });
  const answer = await patient.chat.completions.create({ model: 'crowded', messages: user('x'), max_tokens: 1 });
  assert.equal(answer.choices[0].finish_reason, 'length');
  assert.ok(calls >= 2);
});

test('a failure of the backend is retried by the client', async () => {
  await refusal(500, 'once');
  assert.equal((await client.chat.completions.create(hello, { maxRetries: 1 })).choices[0].finish_reason, 'stop');
});

test('a thinking model shows its reasoning beside the text', async () => {
  const ask = { ...hello, model: 'thinker', reasoning_effort: 'low' };
  const { message } = (await client.chat.completions.create(ask)).choices[0];
  assert.equal(message.content, answerTo('Hello there', 'qwen3'));
  assert.match(message.reasoning_content, /simulated thought/);
  const chunks = await all(await client.chat.completions.create({ ...ask, stream: true }));
  assert.equal(chunks.map(c => c.choices[0].delta.reasoning_content ?? '').join(''), message.reasoning_content);
  assert.equal(chunks.map(c => c.choices[0].delta.content ?? '').join(''), message.content);
});

test('models are listed page by page and retrieved by name', async () => {
  const listed = await all(client.models.list());
  assert.ok(listed.every(m => m.object === 'model' && typeof m.created === 'number' && typeof m.owned_by === 'string'));
  for (const name of ['chat', 'thinker', 'embedder', 'slow']) assert.ok(listed.some(m => m.id === name), name);
  assert.equal((await client.models.list()).data.length, listed.length);
  assert.equal((await client.models.retrieve('chat')).id, 'chat');
  assert.ok((await failure(() => client.models.retrieve('nobody'))) instanceof OpenAI.NotFoundError);
});

test('a key that may use one model sees one model', async () => {
  const narrow = client.withOptions({ apiKey: await newKey({ models: ['thinker'] }) });
  assert.deepEqual((await all(narrow.models.list())).map(m => m.id), ['thinker']);
});

test('what the gateway does not offer is a clear error', async () => {
  for (const act of [() => client.chat.completions.list(), () => client.chat.completions.retrieve('chatcmpl-1'), () => client.images.generate({ prompt: 'x' })]) {
    const error = await failure(act);
    assert.ok(error instanceof OpenAI.APIError && [404, 405].includes(error.status), String(error));
  }
});

test('raw requests, default headers and a key from a function work', async () => {
  const odd = new OpenAI({ baseURL: `${url}/v1/`, apiKey: async () => key, organization: 'org', project: 'proj', defaultHeaders: { 'x-team': 'a' }, defaultQuery: { trace: '1' }, maxRetries: 0 });
  assert.equal((await odd.post('/chat/completions', { body: hello })).object, 'chat.completion');
  assert.equal((await odd.get('/models')).object, 'list');
});
