// The npm package `openai`: completions, embeddings, and the Azure client with its paths that name the model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { AzureOpenAI } from 'openai';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, refusal, url } from './gateway.mjs';

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const hello = { model: 'chat', prompt: 'Hello there', max_tokens: 100 };
const text = answerTo('Hello there');

test('a completion answers with its text, usage and finish reason', async () => {
  const answer = await client.completions.create(hello);
  assert.match(answer.id, /^cmpl-/);
  assert.deepEqual([answer.object, answer.model, answer.choices.length], ['text_completion', 'chat', 1]);
  const [choice] = answer.choices;
  assert.deepEqual([choice.index, choice.text, choice.finish_reason, choice.logprobs], [0, text, 'stop', null]);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(Number.isInteger(answer.created));
});

test('a completion streams, with usage if asked', async () => {
  const chunks = await all(await client.completions.create({ ...hello, stream: true }));
  assert.ok(chunks.length > 3);
  assert.ok(chunks.every(c => c.object === 'text_completion' && c.model === 'chat' && !c.usage));
  assert.equal(chunks.map(c => c.choices[0].text).join(''), text);
  assert.deepEqual(chunks.map(c => c.choices[0].finish_reason).filter(Boolean), ['stop']);
  const counted = await all(await client.completions.create({ ...hello, stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual(counted.at(-1).choices, []);
  assert.ok(counted.at(-1).usage.total_tokens > 0);
});

test('a completion is cut at max_tokens', async () => {
  const answer = await client.completions.create({ ...hello, max_tokens: 2 });
  assert.deepEqual([answer.choices[0].text, answer.choices[0].finish_reason], ['This is', 'length']);
});

test('the parameters of a completion reach the backend', async () => {
  await client.completions.create({ ...hello, temperature: 0.25, top_p: 0.5, seed: 7, stop: ['END'] });
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p, sent.seed, [sent.stop].flat()], [0.25, 0.5, 7, ['END']]);
  assert.equal((await lastBody()).prompt, 'Hello there');
});

test('a completion between prefix and suffix keeps both', async () => {
  await client.completions.create({ ...hello, suffix: ' and after' });
  const { prompt, suffix } = await lastBody();
  assert.deepEqual([prompt, suffix], ['Hello there', ' and after']);
});

test('leaving the stream of a completion reaches the backend', () => leaves(async () => {
  for await (const chunk of await client.completions.create({ model: 'slow', prompt: 'x', stream: true, max_tokens: 3000 })) {
    if (chunk.choices[0].text) break;
  }
}));

test('errors of completions have their class, and break a stream', async () => {
  await assert.rejects(client.completions.create({ ...hello, model: 'nobody' }), OpenAI.NotFoundError);
  await assert.rejects(client.completions.create({ ...hello, max_tokens: 'all' }), error => error instanceof OpenAI.BadRequestError && error.param === 'max_tokens');
  await assert.rejects(client.completions.create({ model: 'chat' }), error => error instanceof OpenAI.BadRequestError && error.param === 'prompt');
  await refusal(503, 'gone for lunch');
  await assert.rejects(client.completions.create(hello), /gone for lunch/);
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  await assert.rejects(async () => all(await client.completions.create({ ...hello, stream: true })), /the model fell over/);
});

const near = (one, other) => assert.ok(one.length === other.length && one.every((value, at) => Math.abs(value - other[at]) < 1e-6), `${one} is not ${other}`);

test('an embedding is the same as base64, the default of the client, and as floats', async () => {
  let asked;
  const watched = client.withOptions({ fetch: (address, init) => ((asked = JSON.parse(init.body)), fetch(address, init)) });
  const packed = await watched.embeddings.create({ model: 'embedder', input: 'a text' });
  assert.equal(asked.encoding_format, 'base64');
  const floats = await client.embeddings.create({ model: 'embedder', input: 'a text', encoding_format: 'float' });
  assert.equal(packed.data[0].embedding.length, 8);
  near([...packed.data[0].embedding], floats.data[0].embedding);
  assert.deepEqual([floats.object, floats.model, floats.data[0].object, floats.data[0].index], ['list', 'embedder', 'embedding', 0]);
  assert.ok(floats.usage.prompt_tokens > 0);
  assert.equal(floats.usage.total_tokens, floats.usage.prompt_tokens);
  const raw = await client.embeddings.create({ model: 'embedder', input: 'a text', encoding_format: 'base64' });
  near([...new Float32Array(Uint8Array.from(Buffer.from(raw.data[0].embedding, 'base64')).buffer)], floats.data[0].embedding);
});

test('a batch of texts is embedded in its order', async () => {
  const { data } = await client.embeddings.create({ model: 'embedder', input: ['one', 'two', 'one'] });
  assert.deepEqual(data.map(d => d.index), [0, 1, 2]);
  near([...data[0].embedding], [...data[2].embedding]);
  assert.notDeepEqual([...data[0].embedding], [...data[1].embedding]);
});

test('errors of embeddings have their class', async () => {
  await assert.rejects(client.embeddings.create({ model: 'nobody', input: 'x' }), OpenAI.NotFoundError);
  await assert.rejects(client.embeddings.create({ model: 'embedder' }), error => error instanceof OpenAI.BadRequestError && error.param === 'input');
  await assert.rejects(client.embeddings.create({ model: 'embedder', input: 7 }), OpenAI.BadRequestError);
  await fault({ kind: 'Status', path: isOllama ? '/api/embed' : '/v1/embeddings', status: 503, body: JSON.stringify({ error: isOllama ? 'gone for lunch' : { message: 'gone for lunch' } }) });
  await assert.rejects(client.embeddings.create({ model: 'embedder', input: 'x' }), error => error.status === 503 && /gone for lunch/.test(error.message));
});

test('the Azure client finds chat, completions, embeddings and its key header', async () => {
  const azure = deployment => new AzureOpenAI({ endpoint: url, apiKey: key, apiVersion: '2024-10-21', deployment, maxRetries: 0 });
  const chat = await azure('chat').chat.completions.create({ messages: [{ role: 'user', content: 'Hello there' }] });
  assert.deepEqual([chat.model, chat.choices[0].message.content], ['chat', text]);
  const byBody = await azure(undefined).chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: 'Hello there' }] });
  assert.equal(byBody.model, 'chat');
  const streamed = await all(await azure('chat').chat.completions.create({ stream: true, messages: [{ role: 'user', content: 'Hello there' }] }));
  assert.equal(streamed.map(c => c.choices[0]?.delta.content ?? '').join(''), text);
  assert.equal((await azure('chat').completions.create({ prompt: 'Hello there', max_tokens: 100 })).choices[0].text, text);
  assert.equal((await azure('embedder').embeddings.create({ input: 'a text' })).data[0].embedding.length, 8);
  await assert.rejects(new AzureOpenAI({ endpoint: url, apiKey: 'sk-nobody', apiVersion: '2024-10-21', deployment: 'chat', maxRetries: 0 }).chat.completions.create({ messages: [] }), OpenAI.AuthenticationError);
});
