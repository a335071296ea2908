// The gateway under test and its simulated backends, as the test project hands them over.
import assert from 'node:assert/strict';

export const { GATEWAY_URL: url, GATEWAY_KEY: key, PROVIDER: provider, BACKEND_URL: backend, SLOW_URL: slow } = process.env;

export const isOllama = provider === 'ollama_chat';

// A client that asks anybody else (LangChain fetches a tokenizer) is told nothing, at once.
const there = globalThis.fetch;
globalThis.fetch = (address, ...rest) =>
  new URL(address.url ?? address).hostname === '127.0.0.1' ? there(address, ...rest) : Promise.resolve(new Response('{}'));

/** What the simulator says to a prompt. */
export const answerTo = (prompt, model = 'm') => `This is a simulated answer from ${model} to: ${prompt}`;

/** A backend's own books. */
export async function stats(at = backend) {
  return await (await fetch(`${at}/sim/stats`)).json();
}

/** What the backend was sent last, as JSON. */
export async function lastBody(at = backend) {
  return JSON.parse((await stats(at)).bodies.at(-1));
}

/** The sampling parameters that the backend was sent last, wherever its API puts them. */
export async function lastOptions() {
  const body = await lastBody();
  return isOllama ? body.options : body;
}

/** The next request that runs an inference meets this. */
export async function fault(...faults) {
  const answer = await fetch(`${backend}/sim/faults`, { method: 'POST', body: JSON.stringify(faults) });
  assert.equal(answer.status, 204);
}

/** The next request is answered with this status, in the words of the backend's API. */
export const refusal = (status, message, headers) =>
  fault({ kind: 'Status', status, headers, body: JSON.stringify(isOllama ? { error: message } : { error: { message, type: 'x', param: null, code: null } }) });

/** Waits for what something else brings about; says what was missing. */
export async function until(holds, what) {
  for (const end = Date.now() + 60_000; !(await holds()); await new Promise(resolve => setTimeout(resolve, 5))) {
    if (Date.now() > end) assert.fail(`Waited 60 s in vain for: ${what}`);
  }
}

/** Runs something that a client should leave, and waits until the slow backend has noticed. */
export async function leaves(act) {
  const { cancelled } = await stats(slow);
  await act();
  await until(async () => (await stats(slow)).cancelled > cancelled, 'the backend hears that the client has gone');
}

/** The same for a client that gives up by a clock of its own: `act` is told how many milliseconds to be patient, more if that was too little for the request to get there. */
export async function leavesLate(act) {
  for (const patience of [500, 2000, 8000, 30_000]) {
    const { started, cancelled } = await stats(slow);
    await act(patience);
    if ((await stats(slow)).started === started) continue;
    return await until(async () => (await stats(slow)).cancelled > cancelled, 'the backend hears that the client has gone');
  }
  assert.fail('The request never reached the backend.');
}

/** A request that holds the only place of the model "crowded" until it is let go. */
export async function occupyCrowded() {
  const leave = new AbortController();
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'crowded', stream: true, messages: [{ role: 'user', content: 'stay' }] }),
    signal: leave.signal,
  });
  assert.equal(answer.status, 200);
  return () => leave.abort();
}

/** A key of its own, with what may be said of one (models, rpm …). */
export async function newKey(rights) {
  const answer = await fetch(`${url}/key/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(rights),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).key;
}

/** All of an async iterable. */
export async function all(items) {
  const list = [];
  for await (const item of items) list.push(item);
  return list;
}
