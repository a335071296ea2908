// Every call to the gateway. The header tells it that the call comes from these pages.

const OURS = { 'x-orleansllm-ui': '1' };

export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Set by the shell: the session is over. */
export const session = { lost: () => {} };

export async function send(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...OURS, ...options.headers }, cache: 'no-store' });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new ApiError(0, 'The gateway cannot be reached. Check that it runs; this page goes on when it is back.');
  }
  if (response.ok) return response;
  let error = null;
  try { error = (await response.json()).error; } catch { /* no body, or not ours */ }
  if (response.status === 401 && path !== '/ui/session') session.lost();
  throw new ApiError(response.status, error?.message ?? `The gateway answered ${response.status}.`, error?.code);
}

export async function get(path) {
  return (await send(path)).json();
}

export async function post(path, body, headers = {}, signal = undefined) {
  const response = await send(path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body), signal });
  return response.json();
}
