import { el } from './dom.js';
import { send } from './api.js';

/** A key that is known and not let in is worth another word than one with a typing error. */
function refusal(error) {
  if (error.code === 'key_expired') return 'This key has expired.';
  if (error.code === 'key_blocked') return error.message.replace(/^Authentication Error, /, '');
  return 'This key is not known here.';
}

export function signIn(done) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const key = el('input', { id: 'key', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false', placeholder: 'sk-…' });
  const button = el('button', { class: 'primary' }, 'Sign in');
  const form = el('form', { class: 'card signin', onsubmit: async e => {
    e.preventDefault();
    problem.textContent = '';
    // No header can carry it: the browser would not even ask.
    if (/[^\x20-\x7e]/.test(key.value.trim())) {
      problem.textContent = 'This is no key: it has a letter or sign that no key can have.';
      return key.select();
    }
    button.disabled = true;
    try {
      await send('/ui/session', { method: 'POST', headers: { Authorization: `Bearer ${key.value.trim()}` } });
      key.value = '';
      await done();
    } catch (error) {
      problem.textContent = error.status === 401 ? refusal(error) : error.message;
      key.select();
    } finally {
      button.disabled = false;
    }
  } },
    el('h1', {}, 'Sign in'),
    el('p', { class: 'muted' }, 'With the master key you see everything. With a virtual key you see your own requests, usage and conversations.'),
    // Password managers want a name beside a password.
    el('input', { class: 'hidden', type: 'text', name: 'username', autocomplete: 'username', value: 'gateway', tabindex: '-1', 'aria-hidden': 'true' }),
    el('label', { for: 'key' }, 'API key'), key, problem, button);
  return form;
}
