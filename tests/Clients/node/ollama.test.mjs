// The npm package `ollama`: the gateway looks like one big Ollama.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ollama } from 'ollama';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, newKey, occupyCrowded, refusal, slow, stats, until, url } from './gateway.mjs';

const client = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } });
const user = content => [{ role: 'user', content }];
const hello = { model: 'chat', messages: user('Hello there') };
const text = answerTo('Hello there');
const weather = { type: 'function', function: { name: 'get_weather', description: 'The weather', parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string', description: 'where' } } } } };

const isWhole = (line, model = 'chat') => {
  assert.deepEqual([line.model, line.done, line.done_reason], [model, true, 'stop']);
  assert.ok(!Number.isNaN(Date.parse(line.created_at)));
  for (const name of ['total_duration', 'eval_duration', 'eval_count', 'prompt_eval_count']) assert.ok(line[name] > 0, `${name}: ${line[name]}`);
};

test('chat answers with a message, counts and durations', async () => {
  const answer = await client.chat(hello);
  isWhole(answer);
  assert.deepEqual([answer.message.role, answer.message.content], ['assistant', text]);
});

test('chat streams lines, the last one done', async () => {
  const lines = await all(await client.chat({ ...hello, stream: true }));
  assert.ok(lines.length > 3);
  assert.ok(lines.slice(0, -1).every(line => line.done === false && line.message.role === 'assistant'));
  isWhole(lines.at(-1));
  assert.equal(lines.map(line => line.message.content).join(''), text);
});

test('options reach the backend, and num_predict ends an answer', async () => {
  const cut = await client.chat({ ...hello, options: { num_predict: 2, temperature: 0.25, top_p: 0.5, top_k: 12, seed: 7, stop: ['END'], presence_penalty: 0.125, frequency_penalty: 0.375 } });
  assert.deepEqual([cut.message.content, cut.done_reason, cut.eval_count], ['This is', 'length', 2]);
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p, sent.top_k, sent.seed, [sent.stop].flat()], [0.25, 0.5, 12, 7, ['END']]);
});

test('roles and images reach the backend', async () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await client.chat({ model: 'chat', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'before' }, { role: 'assistant', content: 'earlier' }, { role: 'user', content: 'look', images: [png] }] });
  const { messages } = await lastBody();
  assert.deepEqual(messages.map(m => m.role), ['system', 'user', 'assistant', 'user']);
  if (isOllama) assert.deepEqual(messages[3].images, [png.toString('base64')]);
  else assert.match(JSON.stringify(messages[3].content), new RegExp(`data:image/png;base64,${png.toString('base64').slice(0, 20)}`));
});

test('a tool is called with arguments as an object, and its result goes back', async () => {
  const messages = user('ask get_weather');
  const first = await client.chat({ model: 'chat', messages, tools: [weather] });
  assert.deepEqual(first.message.tool_calls.map(c => [c.function.name, c.function.arguments]), [['get_weather', { city: 'ask get_weather' }]]);
  const second = await client.chat({ model: 'chat', messages: [...messages, first.message, { role: 'tool', tool_name: 'get_weather', content: 'sunny' }], tools: [weather] });
  assert.equal(second.message.content, answerTo('ask get_weather'));
  const { messages: sent } = await lastBody();
  assert.deepEqual(sent.map(m => m.role), ['user', 'assistant', 'tool']);
  assert.equal(sent[2].content, 'sunny');
});

test('two tools are called in a stream, each call whole', async () => {
  const clock = { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {} } } };
  const lines = await all(await client.chat({ model: 'chat', messages: user('get_weather and get_time'), tools: [weather, clock], stream: true }));
  const calls = lines.flatMap(line => line.message.tool_calls ?? []);
  assert.deepEqual(calls.map(c => c.function.name), ['get_weather', 'get_time']);
  assert.ok(calls.every(c => typeof c.function.arguments === 'object'));
  assert.equal(lines.at(-1).done, true);
});

test('format json and a schema give JSON', async () => {
  assert.equal(typeof JSON.parse((await client.chat({ ...hello, format: 'json' })).message.content), 'object');
  const format = { type: 'object', properties: { name: { type: 'string' }, mood: { enum: ['good', 'bad'] } }, required: ['name', 'mood'] };
  assert.deepEqual(JSON.parse((await client.chat({ ...hello, format })).message.content), { name: text, mood: 'good' });
  assert.deepEqual(JSON.parse((await client.generate({ model: 'chat', prompt: 'Hello there', format })).response), { name: text, mood: 'good' });
});

test('thinking comes beside the text', async () => {
  const answer = await client.chat({ ...hello, model: 'thinker', think: true });
  assert.match(answer.message.thinking, /simulated thought/);
  assert.equal(answer.message.content, answerTo('Hello there', 'qwen3'));
  const lines = await all(await client.chat({ ...hello, model: 'thinker', think: 'low', stream: true }));
  assert.equal(lines.map(line => line.message.thinking ?? '').join(''), answer.message.thinking);
  assert.match((await client.generate({ model: 'thinker', prompt: 'x', think: true })).thinking, /simulated thought/);
});

test('generate answers and streams', async () => {
  const answer = await client.generate({ model: 'chat', prompt: 'Hello there', system: 'Be brief.' });
  isWhole(answer);
  assert.equal(answer.response, text);
  assert.match(JSON.stringify(await lastBody()), /Be brief\./);
  const lines = await all(await client.generate({ model: 'chat', prompt: 'Hello there', stream: true }));
  assert.equal(lines.map(line => line.response).join(''), text);
  isWhole(lines.at(-1));
});

test('generate takes raw prompts, a suffix and images', async () => {
  assert.equal((await client.generate({ model: 'chat', prompt: 'Hello there', raw: true, options: { num_predict: 100 } })).response, text);
  assert.equal((await lastBody()).prompt, 'Hello there');
  await client.generate({ model: 'chat', prompt: 'before', suffix: 'after' });
  assert.equal((await lastBody()).suffix, 'after');
  await client.generate({ model: 'chat', prompt: 'look', images: ['iVBORw0KGgo='] });
  assert.match(JSON.stringify(await lastBody()), /iVBORw0KGgo=/);
});

test('requests without a prompt load and unload', async () => {
  const loaded = await client.generate({ model: 'chat', prompt: '' });
  assert.deepEqual([loaded.done, loaded.done_reason, loaded.response], [true, 'load', '']);
  const unloaded = await client.chat({ model: 'chat', messages: [], keep_alive: 0 });
  assert.deepEqual([unloaded.done, unloaded.done_reason], [true, 'unload']);
});

test('embed takes one text or many', async () => {
  const one = await client.embed({ model: 'embedder', input: 'a text' });
  assert.deepEqual([one.model, one.embeddings.length, one.embeddings[0].length], ['embedder', 1, 8]);
  assert.ok(one.total_duration > 0 && one.prompt_eval_count > 0);
  const many = await client.embed({ model: 'embedder', input: ['a text', 'another', 'a text'] });
  assert.equal(many.embeddings.length, 3);
  assert.deepEqual(many.embeddings[0], many.embeddings[2]);
  const near = (a, b) => assert.ok(a.every((value, at) => Math.abs(value - b[at]) < 1e-6));
  near(many.embeddings[0], one.embeddings[0]);
  const old = await client.embeddings({ model: 'embedder', prompt: 'a text' });
  near(old.embedding, one.embeddings[0]);
});

test('the models are listed, shown and running', async () => {
  const { models } = await client.list();
  for (const name of ['chat', 'thinker', 'embedder']) assert.ok(models.some(m => m.name === name && m.model === name), name);
  assert.ok(models.every(m => m.digest.length === 64 && m.details && !Number.isNaN(Date.parse(m.modified_at))));
  assert.equal(new Set(models.map(m => m.digest)).size, models.length);
  const shown = await client.show({ model: 'chat' });
  assert.ok(shown.details && shown.model_info && shown.capabilities.includes('completion'));
  const running = await client.ps();
  assert.ok(running.models.every(m => m.name && m.digest && m.expires_at));
  assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
});

test('a key that may use one model sees one model', async () => {
  const narrow = new Ollama({ host: url, headers: { Authorization: `Bearer ${await newKey({ models: ['thinker'] })}` } });
  assert.deepEqual((await narrow.list()).models.map(m => m.name), ['thinker']);
  await assert.rejects(narrow.chat(hello), error => [401, 403].includes(error.status_code));
});

test('the names of models may have a tag', async () => {
  assert.equal((await client.chat({ ...hello, model: 'chat:latest' })).message.content, text);
});

test('what changes models is the business of the operator', async () => {
  for (const act of [
    () => client.pull({ model: 'x' }), () => client.pull({ model: 'x', stream: true }), () => client.push({ model: 'x' }),
    () => client.create({ model: 'x', from: 'chat' }), () => client.copy({ source: 'chat', destination: 'x' }), () => client.delete({ model: 'chat' }),
  ]) {
    await assert.rejects(act, error => error.name === 'ResponseError' && error.status_code === 403 && /operator/.test(error.message));
  }
});

test('what the gateway does not offer is a clear error', async () => {
  await assert.rejects(client.systemone({ model: 'chat' }), error => error.name === 'ResponseError' && error.status_code === 404);
});

test('errors are texts with their status', async () => {
  const failed = (act, status, words) => assert.rejects(act, error => {
    assert.equal(error.name, 'ResponseError');
    assert.equal(error.status_code, status);
    assert.match(error.message, words);
    return true;
  });
  await failed(client.chat({ ...hello, model: 'nobody' }), 404, /nobody/);
  await failed(client.show({ model: 'nobody' }), 404, /nobody/);
  await failed(client.chat({ ...hello, options: { temperature: 'hot' } }), 400, /temperature/);
  await failed(new Ollama({ host: url, headers: { Authorization: 'Bearer sk-nobody' } }).chat(hello), 401, /./);
  await refusal(503, 'gone for lunch');
  await failed(client.chat(hello), 503, /gone for lunch/);
  const leave = await occupyCrowded();
  await failed(client.chat({ ...hello, model: 'crowded' }), 429, /./);
  leave();
});

test('a failure in the middle of a stream is thrown to its reader', async () => {
  for (const ask of [() => client.chat({ ...hello, stream: true }), () => client.generate({ model: 'chat', prompt: 'Hello there', stream: true })]) {
    await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
    let read = '';
    await assert.rejects(async () => {
      for await (const line of await ask()) read += line.message?.content ?? line.response;
    }, /the model fell over/);
    assert.equal(read, 'This is a');
  }
});

test('an aborted stream reaches the backend', () => leaves(async () => {
  const stream = await client.chat({ ...hello, model: 'slow', stream: true });
  await assert.rejects(async () => {
    for await (const line of stream) {
      if (line.message.content) stream.abort();
    }
  }, { name: 'AbortError' });
}));

test('the client aborts all it has begun, and that reaches the backend', () => leaves(async () => {
  const other = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } });
  const { started } = await stats(slow);
  const stream = await other.generate({ model: 'slow', prompt: 'x', stream: true });
  const read = assert.rejects(all(stream), { name: 'AbortError' });
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  other.abort();
  await read;
}));

test('logprobs come with the tokens', async () => {
  const answer = await client.chat({ ...hello, logprobs: true, top_logprobs: 2 });
  assert.equal(answer.logprobs.map(l => l.token).join(''), text);
  assert.ok(answer.logprobs.every(l => l.logprob <= 0 && l.top_logprobs.length === 2));
});
