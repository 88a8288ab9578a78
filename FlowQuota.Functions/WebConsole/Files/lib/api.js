// Calls the public API, which is beside the console: /console/ and /flow/ have the same parent.
import { accessToken, adminToken } from './session.js';

const root = new URL('../../', import.meta.url);

/** A request that failed. `status` is 0 if no answer came. */
export class ApiError extends Error {
  constructor(status, type, message, requestId, retryAfter, body) {
    super(message);
    Object.assign(this, { status, type, requestId, retryAfter, body });
  }

  /** True if nobody knows whether the request was carried out. */
  get isUnresolved() {
    return this.status === 0 || this.status >= 500;
  }
}

/** GET as admin; gives `data`. */
export async function read(path, query = {}, signal = undefined) {
  const body = await send('GET', path, { query, signal, token: adminToken() });
  return body.data;
}

/** GET as admin of a file; gives its text, and the cursor of the next part, null at the end. */
export function readText(path, query, signal) {
  return send('GET', path, { query, signal, token: adminToken(), isText: true });
}

/** GET with the access token; gives `data`. */
export async function readAsHolder(path, signal = undefined) {
  const body = await send('GET', path, { signal, token: accessToken() });
  return body.data;
}

/** The ids of changes whose result is not known: to press the button again is to repeat the same request. */
const unresolved = new Map();

/**
 * A change as admin; gives `data`. If no answer came, or a 5xx, the same change sent again has the same X-Request-ID, so that
 * it is not applied twice.
 */
export async function change(method, path, body) {
  const answer = await sendOnce(method, path, body, adminToken());
  return answer.data;
}

/** A call with the access token; gives the whole answer. */
export function call(path, body) {
  return sendOnce('POST', path, body, accessToken());
}

/** Forgets them, with the tokens that they were sent with: on sign-out. */
export function forgetUnresolved() {
  unresolved.clear();
}

async function sendOnce(method, path, body, token) {
  const what = JSON.stringify([method, path, body, token]);
  const id = unresolved.get(what) ?? newRequestId();
  unresolved.set(what, id);
  try {
    const answer = await send(method, path, { body, token, id });
    unresolved.delete(what);
    return answer;
  } catch (error) {
    if (!error.isUnresolved) {
      unresolved.delete(what);
    }
    throw error;
  }
}

/** Asks whether a token is good, before anybody is signed in with it. */
export function probe(path, token) {
  return send('GET', path, { token });
}

async function send(method, path, { query = {}, body, signal, token, id, isText = false }) {
  const url = new URL(path.replace(/^\//, ''), root);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') {
      url.searchParams.set(name, value);
    }
  }
  // A header takes no other characters, and no token has them.
  if (!/^[\x21-\x7e]*$/.test(token ?? '')) {
    throw new ApiError(401, 'AuthenticationError', 'A token has letters, digits and signs of ASCII alone.');
  }
  const headers = { Authorization: `Bearer ${token ?? ''}` };
  if (id) {
    headers['X-Request-ID'] = id;
  }
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
  }

  let response;
  try {
    response = await fetch(url, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError(0, 'NoAnswer', error.message, id);
  }
  return readAnswer(response, id, isText);
}

async function readAnswer(response, id, isText) {
  const requestId = response.headers.get('X-Request-ID') ?? id;
  let body;
  try {
    body = isText && response.ok
      ? { text: await response.text(), next: response.headers.get('X-FlowQuota-Next') }
      : await response.json();
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    // A proxy or the Functions host answers in its own words, or the answer was cut off.
    throw new ApiError(response.ok ? 0 : response.status, 'NoAnswer', `HTTP ${response.status}`, requestId);
  }
  if (!response.ok) {
    throw new ApiError(response.status, body.error?.type ?? 'NoAnswer', body.error?.message ?? `HTTP ${response.status}`,
      requestId, response.headers.get('Retry-After'), body);
  }
  return body;
}

// crypto.randomUUID is missing where the page came by plain http from another machine.
function newRequestId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}
