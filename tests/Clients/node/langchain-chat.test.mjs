// The npm package `@langchain/openai`: ChatOpenAI over chat completions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { all, answerTo, fault, isOllama, key, lastBody, lastOptions, leaves, leavesLate, occupyCrowded, refusal, slow, stats, until, url } from './gateway.mjs';

const chat = fields => new ChatOpenAI({ model: 'chat', apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1` }, ...fields });
const model = chat();
const weather = tool(async ({ city }) => `sunny in ${city}`, { name: 'get_weather', description: 'The weather', schema: z.object({ city: z.string() }) });
const Person = z.object({ name: z.string(), age: z.number(), mood: z.enum(['good', 'bad']) });

test('invoke answers with a message, its usage and its finish reason', async () => {
  const answer = await model.invoke('Hello there');
  assert.ok(AIMessage.isInstance(answer));
  assert.equal(answer.content, answerTo('Hello there'));
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.response_metadata.finish_reason, 'stop');
  assert.equal(answer.response_metadata.model_name, 'chat');
  const { input_tokens, output_tokens, total_tokens } = answer.usage_metadata;
  assert.ok(input_tokens > 0 && output_tokens > 0);
  assert.equal(total_tokens, input_tokens + output_tokens);
});

test('messages of all roles and content blocks reach the backend', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await model.invoke([
    new SystemMessage('Be brief.'),
    new HumanMessage('before'),
    new AIMessage('earlier'),
    new HumanMessage({ content: [{ type: 'text', text: 'look' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }] }),
  ]);
  const { messages } = await lastBody();
  assert.deepEqual(messages.map(m => m.role), ['system', 'user', 'assistant', 'user']);
  if (isOllama) assert.deepEqual(messages[3].images, [png]);
  else assert.match(messages[3].content[1].image_url.url, /^data:image\/png/);
});

test('sampling parameters reach the backend', async () => {
  await chat({ temperature: 0.25, topP: 0.5, presencePenalty: 0.125, frequencyPenalty: 0.375, stop: ['END'], modelKwargs: { seed: 7 } }).invoke('x');
  const sent = await lastOptions();
  assert.deepEqual([sent.temperature, sent.top_p, sent.presence_penalty, sent.frequency_penalty, sent.seed], [0.25, 0.5, 0.125, 0.375, 7]);
  assert.deepEqual([sent.stop].flat(), ['END']);
  const cut = await chat({ maxTokens: 2 }).invoke('x');
  assert.deepEqual([cut.content, cut.response_metadata.finish_reason], ['This is', 'length']);
});

test('stream gives pieces that add up, usage last', async () => {
  const pieces = await all(await model.stream('Hello there'));
  assert.ok(pieces.length > 3);
  const whole = pieces.reduce((sum, piece) => sum.concat(piece));
  assert.equal(whole.content, answerTo('Hello there'));
  assert.ok(whole.usage_metadata.total_tokens > 0);
  assert.equal(whole.response_metadata.finish_reason, 'stop');
  const silent = (await all(await chat({ streamUsage: false }).stream('Hello there'))).reduce((sum, piece) => sum.concat(piece));
  assert.equal(silent.usage_metadata, undefined);
});

test('a streaming model tells its tokens to callbacks', async () => {
  const tokens = [];
  let ended;
  const answer = await chat({ streaming: true }).invoke('Hello there', { callbacks: [{ handleLLMNewToken: token => { tokens.push(token); }, handleLLMEnd: output => { ended = output; } }] });
  assert.equal(tokens.join(''), answerTo('Hello there'));
  assert.equal(answer.content, answerTo('Hello there'));
  assert.equal(ended.generations[0][0].text, answerTo('Hello there'));
});

test('batch answers all, in their order', async () => {
  const answers = await model.batch(['one', 'two', 'three']);
  assert.deepEqual(answers.map(a => a.content), ['one', 'two', 'three'].map(prompt => answerTo(prompt)));
});

test('a chain of prompt, model and parser runs and streams', async () => {
  const chain = ChatPromptTemplate.fromMessages([['system', 'Be brief.'], ['human', 'About {topic}']]).pipe(model).pipe(new StringOutputParser());
  assert.equal(await chain.invoke({ topic: 'queues' }), answerTo('About queues'));
  assert.equal((await all(await chain.stream({ topic: 'queues' }))).join(''), answerTo('About queues'));
});

test('streamEvents tells start, pieces and end', async () => {
  const events = await all(model.streamEvents('Hello there', { version: 'v2' }));
  assert.equal(events[0].event, 'on_chat_model_start');
  assert.equal(events.filter(e => e.event === 'on_chat_model_stream').map(e => e.data.chunk.content).join(''), answerTo('Hello there'));
  assert.equal(events.at(-1).event, 'on_chat_model_end');
});

test('bound tools are called, and their results go back', async () => {
  const bound = model.bindTools([weather]);
  const question = new HumanMessage('ask get_weather');
  const asked = await bound.invoke([question]);
  assert.equal(asked.response_metadata.finish_reason, 'tool_calls');
  assert.deepEqual(asked.tool_calls.map(c => [c.name, c.args]), [['get_weather', { city: 'ask get_weather' }]]);
  const result = await weather.invoke(asked.tool_calls[0]);
  assert.ok(ToolMessage.isInstance(result));
  const answer = await bound.invoke([question, asked, result]);
  assert.equal(answer.content, answerTo('ask get_weather'));
  assert.equal((await lastBody()).messages.at(-1).content, 'sunny in ask get_weather');
});

test('tool calls stream in pieces that add up', async () => {
  const wind = tool(async () => 'calm', { name: 'get_wind', schema: z.object({ where: z.string() }) });
  const pieces = await all(await model.bindTools([weather, wind], { parallel_tool_calls: true }).stream('get_weather and get_wind'));
  const whole = pieces.reduce((sum, piece) => sum.concat(piece));
  assert.deepEqual(whole.tool_calls.map(c => c.name), ['get_weather', 'get_wind']);
  assert.deepEqual(whole.tool_calls[0].args, { city: 'get_weather and get_wind' });
  assert.deepEqual(whole.invalid_tool_calls, []);
});

test('tool_choice reaches the backend', async () => {
  assert.equal((await model.bindTools([weather], { tool_choice: 'none' }).invoke('get_weather')).tool_calls.length, 0);
  if (!isOllama) assert.equal((await model.bindTools([weather], { tool_choice: 'get_weather' }).invoke('x')).tool_calls.length, 1);
});

test('withStructuredOutput gives objects by schema and by JSON mode', async () => {
  const formed = await model.withStructuredOutput(Person, { name: 'person', method: 'jsonSchema' }).invoke('Hello there');
  assert.ok(Person.safeParse(formed).success);
  const { raw, parsed } = await model.withStructuredOutput(Person, { name: 'person', method: 'jsonSchema', includeRaw: true }).invoke('Hello there');
  assert.ok(AIMessage.isInstance(raw) && Person.safeParse(parsed).success);
  const free = await model.withStructuredOutput(z.object({ answer: z.string() }), { method: 'jsonMode' }).invoke('Hello there');
  assert.equal(typeof free.answer, 'string');
});

test('withStructuredOutput by a function call gives objects', async () => {
  const formed = await model.withStructuredOutput(Person, { name: 'person', method: 'functionCalling' }).invoke('a person please');
  assert.ok(Person.safeParse(formed).success);
});

test('a structured output streams', async () => {
  const pieces = await all(await model.withStructuredOutput(Person, { name: 'person', method: 'jsonSchema' }).stream('Hello there'));
  assert.ok(Person.safeParse(pieces.at(-1)).success);
});

test('an aborted call reaches the backend', () => leaves(async () => {
  const { started } = await stats(slow);
  const leave = new AbortController();
  const refused = assert.rejects(chat({ model: 'slow' }).invoke('x', { signal: leave.signal }), /[Aa]bort/);
  await until(async () => (await stats(slow)).started > started, 'the inference has begun');
  leave.abort();
  await refused;
}));

test('a stream that is left reaches the backend', () => leaves(async () => {
  for await (const piece of await chat({ model: 'slow' }).stream('x')) {
    if (piece.content) break;
  }
}));

test('a call with a timeout ends, and the backend hears of it', () => leavesLate(timeout => assert.rejects(chat({ model: 'slow', timeout }).invoke('x'), /[Tt]im/)));

test('errors keep status, code and words', async () => {
  await assert.rejects(chat({ model: 'nobody' }).invoke('x'), error => error.status === 404 && error.code === 'model_not_found');
  await assert.rejects(chat({ apiKey: 'sk-nobody' }).invoke('x'), error => error.status === 401);
  await assert.rejects(chat({ modelKwargs: { temperature: 'hot' } }).invoke('x'), error => error.status === 400 && error.param === 'temperature');
  await refusal(503, 'gone for lunch');
  await assert.rejects(model.invoke('x'), /gone for lunch/);
});

test('a stream that breaks throws to its reader', async () => {
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  let text = '';
  await assert.rejects(async () => {
    for await (const piece of await model.stream('Hello there')) text += piece.content;
  }, /the model fell over/);
  assert.equal(text, 'This is a');
});

test('what may pass is tried again', async () => {
  await refusal(500, 'once');
  assert.equal((await chat({ maxRetries: 2 }).invoke('x')).content, answerTo('x'));
  const leave = await occupyCrowded();
  const patient = chat({ model: 'crowded', maxTokens: 1, maxRetries: 6 });
  const answer = patient.invoke('x');
  setTimeout(leave, 200);
  assert.equal((await answer).response_metadata.finish_reason, 'length');
});

test('a model steps in for another by withFallbacks', async () => {
  assert.equal((await chat({ model: 'absent' }).withFallbacks([model]).invoke('x')).content, answerTo('x'));
});
