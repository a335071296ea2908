// The npm packages `ai`, `@ai-sdk/openai-compatible` and `@ai-sdk/openai`: embeddings, completions and responses, whose events the last one checks strictly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, cosineSimilarity, createProviderRegistry, customProvider, embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, leaves, url } from './gateway.mjs';

const gateway = createOpenAICompatible({ name: 'gateway', baseURL: `${url}/v1`, apiKey: key, includeUsage: true });
const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const prompt = 'Hello there';
const quiet = { maxRetries: 0, onError: () => {} };
const weather = tool({ description: 'The weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` });
const outline = parts => parts.map(part => part.type).filter((type, at, list) => type !== list[at - 1]);

test('embed and embedMany give vectors and usage', async () => {
  for (const model of [gateway.embeddingModel('embedder'), openai.embedding('embedder')]) {
    const one = await embed({ model, value: 'a text' });
    assert.equal(one.embedding.length, 8);
    assert.ok(one.usage.tokens > 0);
    const many = await embedMany({ model, values: ['a text', 'another'] });
    assert.ok(Math.abs(cosineSimilarity(many.embeddings[0], one.embedding) - 1) < 1e-6);
    assert.equal(many.embeddings.length, 2);
  }
});

test('embedMany of more than one call may hold is split', async () => {
  const values = Array.from({ length: 2500 }, (_, at) => `text ${at}`);
  const { embeddings } = await embedMany({ model: gateway.embeddingModel('embedder'), values });
  assert.equal(embeddings.length, values.length);
  assert.deepEqual(embeddings.at(-1), (await embed({ model: gateway.embeddingModel('embedder'), value: values.at(-1) })).embedding);
});

test('an embedding that fails says why', async () => {
  await assert.rejects(embed({ model: gateway.embeddingModel('nobody'), value: 'x', maxRetries: 0 }), error => APICallError.isInstance(error) && error.statusCode === 404);
});

test('a completion model completes and streams', async () => {
  for (const model of [gateway.completionModel('chat'), openai.completion('chat')]) {
    const whole = await generateText({ model, prompt, maxOutputTokens: 1000 });
    assert.match(whole.text, /^This is a simulated answer/);
    assert.ok(whole.usage.outputTokens > 0);
    assert.equal(whole.finishReason, 'stop');
    const streamed = streamText({ model, prompt, maxOutputTokens: 1000 });
    assert.equal((await all(streamed.textStream)).join(''), whole.text);
    assert.ok((await streamed.usage).outputTokens > 0);
  }
});

test('openai.chat speaks chat completions', async () => {
  const result = streamText({ model: openai.chat('chat'), prompt });
  assert.equal((await all(result.textStream)).join(''), answerTo(prompt));
  assert.ok((await result.usage).totalTokens > 0);
});

test('openai of itself speaks responses, whole and streamed', async () => {
  const whole = await generateText({ model: openai('chat'), system: 'Be brief.', prompt });
  assert.deepEqual([whole.text, whole.finishReason], [answerTo(prompt), 'stop']);
  assert.match(whole.response.id, /^resp_/);
  assert.equal(whole.usage.totalTokens, whole.usage.inputTokens + whole.usage.outputTokens);
  const parts = await all(streamText({ model: openai('chat'), prompt }).fullStream);
  assert.deepEqual(outline(parts), ['start', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
  assert.equal(parts.filter(p => p.type === 'text-delta').map(p => p.text).join(''), answerTo(prompt));
  assert.ok(parts.at(-1).totalUsage.totalTokens > 0);
  const cut = await generateText({ model: openai('chat'), prompt, maxOutputTokens: 16, temperature: 0.5 });
  assert.ok(['stop', 'length'].includes(cut.finishReason));
});

test('responses run tools over several steps, whole and streamed', async () => {
  const ask = { model: openai('chat'), prompt: 'ask get_weather', tools: { get_weather: weather }, stopWhen: stepCountIs(3) };
  const whole = await generateText(ask);
  assert.deepEqual([whole.text, whole.steps.length], [answerTo('ask get_weather'), 2]);
  assert.equal(whole.steps[0].toolResults[0].output, 'sunny in ask get_weather');
  const types = outline(await all(streamText(ask).fullStream));
  for (const type of ['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-result', 'text-delta']) assert.ok(types.includes(type), type);
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'tool']);
});

test('responses without a store send the whole conversation', async () => {
  const ask = { model: openai('chat'), prompt: 'ask get_weather', tools: { get_weather: weather }, stopWhen: stepCountIs(3), providerOptions: { openai: { store: false } } };
  assert.equal((await generateText(ask)).text, answerTo('ask get_weather'));
});

test('responses go on from the one before', async () => {
  const first = await generateText({ model: openai('chat'), prompt: 'one' });
  await generateText({ model: openai('chat'), prompt: 'two', providerOptions: { openai: { previousResponseId: first.providerMetadata.openai.responseId } } });
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'user']);
});

test('responses give objects and reasoning', async () => {
  const schema = z.object({ name: z.string(), mood: z.enum(['good', 'bad']) });
  assert.ok(schema.safeParse((await generateText({ model: openai('chat'), prompt, output: Output.object({ schema }) })).output).success);
  const options = { providerOptions: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true } } };
  const thought = await generateText({ model: openai('thinker'), prompt, ...options });
  assert.match(thought.reasoningText, /simulated thought/);
  const types = outline(await all(streamText({ model: openai('thinker'), prompt, ...options }).fullStream));
  for (const type of ['reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-delta']) assert.ok(types.includes(type), type);
});

test('responses that cannot begin, or break, say so in an error part', async () => {
  const errors = async model => (await all(streamText({ model, prompt, ...quiet }).fullStream)).filter(part => part.type === 'error').map(part => part.error);
  assert.equal((await errors(openai('nobody')))[0].statusCode, 404);
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  const result = streamText({ model: openai('chat'), prompt, ...quiet });
  const parts = await all(result.fullStream);
  assert.ok(parts.some(p => p.type === 'error') || parts.some(p => p.finishReason === 'error'), JSON.stringify(parts.map(p => p.type)));
});

test('an aborted response reaches the backend', () => leaves(async () => {
  const leave = new AbortController();
  for await (const part of streamText({ model: openai('slow'), prompt, abortSignal: leave.signal }).fullStream) {
    if (part.type === 'text-delta') leave.abort();
  }
}));

test('models are found by a registry and under names of the user', async () => {
  const registry = createProviderRegistry({ gateway, mine: customProvider({ languageModels: { quick: gateway('chat') } }) });
  assert.equal((await generateText({ model: registry.languageModel('gateway:chat'), prompt })).text, answerTo(prompt));
  assert.equal((await generateText({ model: registry.languageModel('mine:quick'), prompt })).text, answerTo(prompt));
});
