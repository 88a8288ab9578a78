// The address says what is shown: #/tokens?ws_id=demo&page=2 is the screen "tokens" with the state of its list.

let current = location.hash;
let guard = null;
let showCurrent = () => {};

/** { name, query } of the address; query is a URLSearchParams. */
export function route() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return { name: path, query: new URLSearchParams(query) };
}

/** The address of a screen; empty and missing values are left out. */
export function address(name, query = {}) {
  const entries = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(entries).toString();
  return `#/${name}${text ? `?${text}` : ''}`;
}

/** Goes to a screen; where it is the present one with the same state, shows it again. */
export function go(name, query = {}) {
  const wanted = address(name, query);
  if (wanted === location.hash) {
    showCurrent();
  } else {
    location.hash = wanted;
  }
}

/** The address of the present screen with some of its state changed. */
export function withState(changes) {
  const { name, query } = route();
  return address(name, { ...Object.fromEntries(query), ...changes });
}

/** Asks before the screen is left: a secret on it cannot be shown again. `ask` gives a promise of true to leave; null takes it away. */
export function setGuard(ask) {
  guard = ask;
}

/** True if the screen may be left; the guard is then gone. */
export async function mayLeave() {
  if (guard !== null && !await guard()) {
    return false;
  }
  guard = null;
  return true;
}

/** Calls `show` whenever the address changes. */
export function start(show) {
  showCurrent = show;
  addEventListener('hashchange', async () => {
    const wanted = location.hash;
    if (wanted === current) {
      return;
    }
    if (guard !== null) {
      history.replaceState(null, '', current || '#/');
      if (!await mayLeave()) {
        return;
      }
      history.pushState(null, '', wanted);
    }
    current = wanted;
    show();
  });
  addEventListener('beforeunload', event => {
    if (guard !== null) {
      event.preventDefault();
    }
  });
}
