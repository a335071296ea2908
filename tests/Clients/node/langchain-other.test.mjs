// The npm package `@langchain/openai`: embeddings, completions, responses, and the Azure classes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { AzureChatOpenAI, AzureOpenAIEmbeddings, ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { all, answerTo, fault, key, lastBody, leaves, url } from './gateway.mjs';

const configuration = { baseURL: `${url}/v1` };
const responses = fields => new ChatOpenAI({ model: 'chat', apiKey: key, maxRetries: 0, useResponsesApi: true, configuration, ...fields });
const weather = tool(async ({ city }) => `sunny in ${city}`, { name: 'get_weather', description: 'The weather', schema: z.object({ city: z.string() }) });
const sum = pieces => pieces.reduce((whole, piece) => whole.concat(piece));

test('embeddings of a query and of documents agree', async () => {
  const embeddings = new OpenAIEmbeddings({ model: 'embedder', apiKey: key, configuration, batchSize: 2, maxRetries: 0 });
  const query = await embeddings.embedQuery('a text');
  const documents = await embeddings.embedDocuments(['a text', 'another', 'a third']);
  assert.deepEqual([query.length, documents.length], [8, 3]);
  assert.ok(query.every((value, at) => Math.abs(value - documents[0][at]) < 1e-6));
  await assert.rejects(new OpenAIEmbeddings({ model: 'nobody', apiKey: key, configuration, maxRetries: 0 }).embedQuery('x'), error => error.status === 404);
});

test('a completion model completes, streams and batches', async () => {
  const model = new OpenAI({ model: 'chat', apiKey: key, configuration, maxTokens: 100, maxRetries: 0 });
  assert.equal(await model.invoke('Hello there'), answerTo('Hello there'));
  assert.equal((await all(await model.stream('Hello there'))).join(''), answerTo('Hello there'));
});

test('responses answer with text, usage and an id', async () => {
  const answer = await responses().invoke('Hello there');
  assert.equal(answer.text, answerTo('Hello there'));
  assert.match(answer.response_metadata.id, /^resp_/);
  assert.ok(answer.usage_metadata.total_tokens > 0);
  assert.equal(answer.response_metadata.status, 'completed');
});

test('responses stream pieces that add up', async () => {
  const whole = sum(await all(await responses().stream('Hello there')));
  assert.equal(whole.text, answerTo('Hello there'));
  assert.ok(whole.usage_metadata.output_tokens > 0);
});

test('responses call tools, whole and streamed, and take their results', async () => {
  const bound = responses().bindTools([weather]);
  const question = new HumanMessage('ask get_weather');
  for (const asked of [await bound.invoke([question]), sum(await all(await bound.stream([question])))]) {
    assert.deepEqual(asked.tool_calls.map(c => [c.name, c.args]), [['get_weather', { city: 'ask get_weather' }]]);
    const answer = await bound.invoke([question, asked, await weather.invoke(asked.tool_calls[0])]);
    assert.equal(answer.text, answerTo('ask get_weather'));
    assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'tool']);
  }
});

test('responses go on from the one before', async () => {
  const first = await responses().invoke('one');
  await responses().invoke('two', { previous_response_id: first.response_metadata.id });
  assert.deepEqual((await lastBody()).messages.map(m => m.role), ['user', 'assistant', 'user']);
});

test('responses give structured output and reasoning', async () => {
  const schema = z.object({ name: z.string(), mood: z.enum(['good', 'bad']) });
  assert.ok(schema.safeParse(await responses().withStructuredOutput(schema, { name: 'person', method: 'jsonSchema' }).invoke('Hello there')).success);
  const thought = await responses({ model: 'thinker', modelKwargs: { reasoning: { effort: 'low', summary: 'auto' } } }).invoke('Hello there');
  assert.match(JSON.stringify(thought.contentBlocks ?? thought.additional_kwargs), /simulated thought/);
});

test('responses that fail throw, and those that break are not complete', async () => {
  await assert.rejects(responses({ model: 'nobody' }).invoke('x'), error => error.status === 404);
  await fault({ kind: 'ErrorEvent', afterTokens: 3, message: 'the model fell over' });
  // LangChain has no eye for response.failed: all it can tell is that nothing was completed.
  const broken = sum(await all(await responses().stream('Hello there')));
  assert.deepEqual([broken.text, broken.response_metadata.status === 'completed', broken.usage_metadata], ['This is a', false, undefined]);
});

test('a response that is left reaches the backend', () => leaves(async () => {
  for await (const piece of await responses({ model: 'slow' }).stream('x')) {
    if (piece.text) break;
  }
}));

test('the Azure classes find their paths', async () => {
  const azure = { azureOpenAIApiKey: key, azureOpenAIBasePath: `${url}/openai/deployments`, azureOpenAIApiVersion: '2024-10-21', maxRetries: 0 };
  const chat = new AzureChatOpenAI({ ...azure, azureOpenAIApiDeploymentName: 'chat' });
  assert.equal((await chat.invoke('Hello there')).text, answerTo('Hello there'));
  assert.equal(sum(await all(await chat.stream('Hello there'))).text, answerTo('Hello there'));
  assert.equal((await new AzureOpenAIEmbeddings({ ...azure, azureOpenAIApiDeploymentName: 'embedder' }).embedQuery('a text')).length, 8);
});
