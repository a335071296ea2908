// The npm packages `ai` and `@ai-sdk/openai-compatible`: text, objects and tools through chat completions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, convertToModelMessages, generateObject, generateText, hasToolCall, NoObjectGeneratedError, Output, RetryError, simulateStreamingMiddleware, smoothStream, stepCountIs, streamObject, streamText, tool, ToolLoopAgent, wrapLanguageModel } from 'ai';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, occupyCrowded, refusal, slow, stats, until, url } from './gateway.mjs';

const gateway = createOpenAICompatible({ name: 'gateway', baseURL: `${url}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true });
const model = gateway('chat');
const prompt = 'Hello there';
const quiet = { maxRetries: 0, onError: () => {} };
const Person = z.object({ name: z.string(), age: z.number(), mood: z.enum(['good', 'bad']), tags: z.array(z.string()) });
const weather = tool({ description: 'The weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` });

test('generateText answers with text, usage and the finish reason', async () => {
  const result = await generateText({ model, system: 'Be brief.', prompt });
  assert.equal(result.text, answerTo(prompt));
  assert.equal(result.finishReason, 'stop');
  assert.ok(result.usage.inputTokens > 0 && result.usage.outputTokens > 0);
  assert.equal(result.usage.totalTokens, result.usage.inputTokens + result.usage.outputTokens);
  assert.match(result.response.id, /^chatcmpl-/);
  assert.equal(result.response.modelId, 'chat');
  assert.ok(result.response.timestamp instanceof Date);
  assert.ok(result.response.headers['x-request-id']);
  assert.equal(result.response.messages[0].role, 'assistant');
  assert.deepEqual(result.warnings ?? [], []);
});

test('generateText sends its settings on', async () => {
  await generateText({ model, prompt, temperature: 0.25, topP: 0.5, seed: 7, presencePenalty: 0.125, frequencyPenalty: 0.375, stopSequences: ['END'] });
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p, sent.seed, sent.presence_penalty, sent.frequency_penalty], [0.25, 0.5, 7, 0.125, 0.375]);
  assert.deepEqual([sent.stop].flat(), ['END']);
  const cut = await generateText({ model, prompt, maxOutputTokens: 2 });
  assert.deepEqual([cut.text, cut.finishReason, cut.usage.outputTokens], ['This is', 'length', 2]);
});

test('generateText takes messages with images and earlier turns', async () => {
  const image = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  const { text } = await generateText({
    model,
    messages: [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: [{ type: 'text', text: 'earlier' }] },
      { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'image', image }] },
    ],
  });
  assert.equal(text, answerTo('look'));
  const { messages } = await lastBody();
  assert.equal(messages.length, 3);
  if (isOllama) assert.deepEqual(messages[2].images, [image.toString('base64')]);
  else assert.match(messages[2].content[1].image_url.url, /^data:image\/png;base64,/);
});

test('generateText runs tools over several steps', async () => {
  const steps = [];
  const result = await generateText({ model, prompt: 'ask get_weather', tools: { get_weather: weather }, stopWhen: stepCountIs(3), onStepFinish: step => { steps.push(step.finishReason); } });
  assert.equal(result.text, answerTo('ask get_weather'));
  assert.deepEqual(steps, ['tool-calls', 'stop']);
  assert.equal(result.steps.length, 2);
  const [call] = result.steps[0].toolCalls;
  assert.deepEqual([call.toolName, call.input], ['get_weather', { city: 'ask get_weather' }]);
  assert.equal(result.steps[0].toolResults[0].output, 'sunny in ask get_weather');
  assert.equal(result.totalUsage.totalTokens, result.steps.reduce((sum, step) => sum + step.usage.totalTokens, 0));
  assert.deepEqual(result.response.messages.map(m => m.role), ['assistant', 'tool', 'assistant']);
});

test('generateText stops at a tool without execute, and goes on with what its caller adds', async () => {
  const asking = tool({ inputSchema: z.object({ city: z.string() }) });
  const first = await generateText({ model, prompt: 'ask get_weather', tools: { get_weather: asking }, stopWhen: hasToolCall('get_weather') });
  assert.equal(first.finishReason, 'tool-calls');
  const [call] = first.toolCalls;
  const second = await generateText({
    model,
    tools: { get_weather: asking },
    messages: [
      { role: 'user', content: 'ask get_weather' },
      ...first.response.messages,
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: call.toolCallId, toolName: 'get_weather', output: { type: 'json', value: { sky: 'grey' } } }] },
    ],
  });
  assert.equal(second.finishReason, 'stop');
  const sent = (await lastBody()).messages.at(-1);
  assert.deepEqual([sent.role, JSON.parse(sent.content)], ['tool', { sky: 'grey' }]);
});

test('an agent loops over its tools, whole and streamed', async () => {
  const agent = new ToolLoopAgent({ model, instructions: 'Be brief.', tools: { get_weather: weather }, stopWhen: stepCountIs(5) });
  assert.equal((await agent.generate({ prompt: 'ask get_weather' })).text, answerTo('ask get_weather'));
  const streamed = await agent.stream({ prompt: 'ask get_weather' });
  assert.equal((await all(streamed.textStream)).join(''), answerTo('ask get_weather'));
});

test('a smoothed stream says the same', async () => {
  const { textStream } = streamText({ model, prompt, experimental_transform: smoothStream({ delayInMs: null, chunking: 'word' }) });
  assert.equal((await all(textStream)).join(''), answerTo(prompt));
});

test('toolChoice reaches the backend', async () => {
  const ask = toolChoice => generateText({ model, prompt: 'get_weather', tools: { get_weather: weather }, toolChoice });
  assert.equal((await ask('none')).toolCalls.length, 0);
  assert.equal((await ask('auto')).toolCalls.length, 1);
  if (!isOllama) assert.equal((await generateText({ model, prompt: 'x', tools: { get_weather: weather }, toolChoice: { type: 'tool', toolName: 'get_weather' } })).toolCalls.length, 1);
});

test('generateText with an output schema gives an object', async () => {
  const result = await generateText({ model, prompt, output: Output.object({ schema: Person }) });
  assert.ok(Person.safeParse(result.output).success);
  assert.equal(result.output.name, answerTo(prompt));
  const list = await generateText({ model, prompt, output: Output.array({ element: Person }) });
  assert.equal(list.output.length, 1);
  const chosen = await generateText({ model, prompt, output: Output.choice({ options: ['yes', 'no'] }) });
  assert.equal(chosen.output, 'yes');
});

test('generateObject gives an object, a list, a choice and free JSON', async () => {
  const one = await generateObject({ model, schema: Person, prompt });
  assert.ok(Person.safeParse(one.object).success);
  assert.equal(one.finishReason, 'stop');
  assert.ok(one.usage.totalTokens > 0);
  assert.equal((await generateObject({ model, output: 'array', schema: Person, prompt })).object.length, 1);
  assert.equal((await generateObject({ model, output: 'enum', enum: ['sun', 'rain'], prompt })).object, 'sun');
  assert.equal(typeof (await generateObject({ model, output: 'no-schema', prompt })).object, 'object');
});

test('generateObject of an answer that was cut is no object', async () => {
  await assert.rejects(generateObject({ model, schema: Person, prompt, maxOutputTokens: 1, maxRetries: 0 }), error => NoObjectGeneratedError.isInstance(error) && error.finishReason === 'length');
});

test('streamText streams text, and its promises hold the whole', async () => {
  let finished;
  const result = streamText({ model, prompt, onFinish: event => { finished = event; } });
  const pieces = await all(result.textStream);
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(''), answerTo(prompt));
  assert.equal(await result.text, answerTo(prompt));
  assert.equal(await result.finishReason, 'stop');
  assert.ok((await result.usage).outputTokens > 0);
  assert.equal((await result.response).modelId, 'chat');
  assert.equal(finished.text, answerTo(prompt));
});

test('streamText asks for usage, and only if told to', async () => {
  const without = createOpenAICompatible({ name: 'gateway', baseURL: `${url}/v1`, apiKey: key })('chat');
  const result = streamText({ model: without, prompt });
  await result.consumeStream();
  assert.equal((await result.usage).outputTokens, undefined);
});

test('the full stream has the parts of a text in order', async () => {
  const types = (await all(streamText({ model, prompt }).fullStream)).map(part => part.type).filter((type, at, list) => type !== list[at - 1]);
  assert.deepEqual(types, ['start', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
});

test('the full stream has the parts of a tool call, its result and the step after it', async () => {
  const result = streamText({ model, prompt: 'ask get_weather', tools: { get_weather: weather }, stopWhen: stepCountIs(3) });
  const parts = await all(result.fullStream);
  const types = parts.map(part => part.type).filter((type, at, list) => type !== list[at - 1]);
  assert.deepEqual(types, [
    'start', 'start-step', 'tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-result', 'finish-step',
    'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
  assert.deepEqual(JSON.parse(parts.filter(p => p.type === 'tool-input-delta').map(p => p.delta).join('')), { city: 'ask get_weather' });
  assert.equal(parts.find(p => p.type === 'tool-result').output, 'sunny in ask get_weather');
  assert.equal(await result.text, answerTo('ask get_weather'));
});

test('two tools are called in one step', async () => {
  const { toolResults } = await generateText({ model, prompt: 'get_weather and get_wind', tools: { get_weather: weather, get_wind: weather } });
  assert.deepEqual(toolResults.map(r => r.toolName), ['get_weather', 'get_wind']);
  const streamed = streamText({ model, prompt: 'get_weather and get_wind', tools: { get_weather: weather, get_wind: weather } });
  await streamed.consumeStream();
  assert.equal(new Set((await streamed.toolCalls).map(c => c.toolCallId)).size, 2);
});

test('streamText sends itself on as a text response and as a UI message stream', async () => {
  const plain = streamText({ model, prompt }).toTextStreamResponse();
  assert.equal(await plain.text(), answerTo(prompt));
  const events = (await streamText({ model, prompt }).toUIMessageStreamResponse().text()).split('\n\n').filter(line => line.startsWith('data: {')).map(line => JSON.parse(line.slice(6)));
  assert.equal(events.filter(e => e.type === 'text-delta').map(e => e.delta).join(''), answerTo(prompt));
  assert.equal(events.at(-1).type, 'finish');
});

test('UI messages become a prompt', async () => {
  const messages = await convertToModelMessages([{ id: '1', role: 'user', parts: [{ type: 'text', text: prompt }] }]);
  assert.equal((await generateText({ model, messages })).text, answerTo(prompt));
});

test('streamObject grows an object until it is whole', async () => {
  const result = streamObject({ model, schema: Person, prompt });
  const partial = await all(result.partialObjectStream);
  assert.ok(partial.length > 1);
  assert.ok(Person.safeParse(await result.object).success);
  assert.ok((await result.usage).totalTokens > 0);
  const list = streamObject({ model, output: 'array', schema: Person, prompt });
  assert.equal((await all(list.elementStream)).length, 1);
});

test('streamText with an output schema streams partial objects', async () => {
  const result = streamText({ model, prompt, output: Output.object({ schema: Person }) });
  assert.ok((await all(result.partialOutputStream)).length > 1);
  assert.ok(Person.safeParse(await result.output).success);
});

test('reasoning comes as reasoning', async () => {
  const thinking = { model: gateway('thinker'), prompt, providerOptions: { gateway: { reasoningEffort: 'low' } } };
  const result = await generateText(thinking);
  assert.match(result.reasoningText, /simulated thought/);
  assert.equal(result.text, answerTo(prompt, 'qwen3'));
  const types = (await all(streamText(thinking).fullStream)).map(part => part.type).filter((type, at, list) => type !== list[at - 1]);
  assert.deepEqual(types, ['start', 'start-step', 'reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
});

test('unknown options of the provider are sent as they are', async () => {
  await generateText({ model, prompt, providerOptions: { gateway: { user: 'ada', top_k: 12 } } });
  assert.equal((await lastOptions()).top_k, 12);
});

test('middleware and a model that streams what it got whole work', async () => {
  const wrapped = wrapLanguageModel({ model, middleware: simulateStreamingMiddleware() });
  assert.equal(await streamText({ model: wrapped, prompt }).text, answerTo(prompt));
});

test('an aborted call reaches the backend', () => leaves(async () => {
  const { started } = await stats(slow);
  const leave = new AbortController();
  const answer = generateText({ model: gateway('slow'), prompt, abortSignal: leave.signal, maxRetries: 0 });
  const refused = assert.rejects(answer, { name: 'AbortError' });
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  leave.abort();
  await refused;
}));

test('an aborted stream ends with an abort part and reaches the backend', () => leaves(async () => {
  const leave = new AbortController();
  let aborted = false;
  const types = [];
  for await (const part of streamText({ model: gateway('slow'), prompt, abortSignal: leave.signal, onAbort: () => { aborted = true; } }).fullStream) {
    types.push(part.type);
    if (part.type === 'text-delta') leave.abort();
  }
  assert.equal(types.at(-1), 'abort');
  assert.ok(aborted);
}));

test('errors carry status, body and headers of the gateway', async () => {
  const failed = async (act, status, message) => assert.rejects(act, error => {
    assert.ok(APICallError.isInstance(error), String(error));
    assert.equal(error.statusCode, status);
    assert.match(error.message, message);
    assert.ok(error.responseHeaders['x-request-id']);
    assert.equal(typeof error.data.error.type, 'string');
    return true;
  });
  await failed(generateText({ model: gateway('nobody'), prompt, ...quiet }), 404, /nobody/);
  await failed(generateText({ model, prompt, ...quiet, providerOptions: { gateway: { top_logprobs: 'many' } } }), 400, /top_logprobs/);
  await failed(generateText({ model: createOpenAICompatible({ name: 'x', baseURL: `${url}/v1`, apiKey: 'sk-nobody' })('chat'), prompt, ...quiet }), 401, /./);
  await refusal(503, 'gone for lunch');
  await failed(generateText({ model, prompt, ...quiet }), 503, /gone for lunch/);
});

test('a stream that cannot begin, or breaks, says so in an error part', async () => {
  const errors = async model => (await all(streamText({ model, prompt, ...quiet }).fullStream)).filter(part => part.type === 'error').map(part => part.error);
  const [refused] = await errors(gateway('nobody'));
  assert.equal(refused.statusCode, 404);
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  const [broken] = await errors(model);
  assert.match(broken.message ?? broken, /the model fell over/);
});

test('what may pass is tried again, after the time it names', async () => {
  await refusal(500, 'once');
  assert.equal((await generateText({ model, prompt, maxRetries: 1 })).text, answerTo(prompt));
  const leave = await occupyCrowded();
  await assert.rejects(generateText({ model: gateway('crowded'), prompt, maxRetries: 0, maxOutputTokens: 1 }), error => error.statusCode === 429 && error.isRetryable);
  let calls = 0;
  const patient = createOpenAICompatible({ name: 'x', baseURL: `${url}/v1`, apiKey: key, fetch: (...args) => (++calls === 2 && leave(), fetch(...args)) });
  assert.equal((await generateText({ model: patient('crowded'), prompt, maxRetries: 5, maxOutputTokens: 1 })).finishReason, 'length');
  await refusal(500, 'first');
  await refusal(500, 'second');
  await assert.rejects(generateText({ model, prompt, maxRetries: 1 }), error => RetryError.isInstance(error) && error.errors.length === 2);
});
