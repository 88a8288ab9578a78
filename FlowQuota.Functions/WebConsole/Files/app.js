// The start: reads what it must know of the server, then shows the screen that the address names.
import { h, announce, replace } from './lib/dom.js';
import { route, start } from './lib/router.js';
import { readServer } from './lib/server.js';
import { role } from './lib/session.js';
import { language, t } from './lib/words.js';
import { problem } from './parts/notice.js';
import { frame } from './frame.js';
import { booksScreen } from './screens/books.js';
import { myQuotaScreen } from './screens/my-quota.js';
import { newTokenScreen } from './screens/new-token.js';
import { operationsScreen } from './screens/operations.js';
import { overviewScreen } from './screens/overview.js';
import { signInScreen } from './screens/sign-in.js';
import { tokenScreen } from './screens/token.js';
import { tokensScreen } from './screens/tokens.js';
import { tryScreen } from './screens/try-it.js';
import { usageScreen } from './screens/usage.js';

/**
 * A screen is { title, show(view) }; its show fills view.main. If it gives a function, that is called with the new query when
 * only the state in the address changes. view.signal fires when the screen is left.
 */
const screens = {
  admin: {
    overview: overviewScreen, tokens: tokensScreen, 'new-token': newTokenScreen, token: tokenScreen,
    usage: usageScreen, books: booksScreen, operations: operationsScreen, 'try': tryScreen,
  },
  holder: { 'my-quota': myQuotaScreen, 'try': tryScreen },
};

let shown = null;

/** Shows the screen that the address names, or the sign-in in its place. */
function show() {
  const { name, query } = route();
  const mine = screens[role() ?? ''];
  const screen = mine === undefined ? signInScreen : Object.hasOwn(mine, name) ? mine[name] : Object.values(mine)[0];
  const key = `${role()} ${screen.title} ${query.get('id') ?? ''}`;
  if (shown?.key === key && shown.update) {
    shown.update(query);
    return;
  }
  render(screen, key, query);
}

/** Makes the present screen anew: another language, or another person. */
function showAnew() {
  shown = null;
  show();
}

function render(screen, key, query) {
  shown?.stop.abort();
  const isFirst = shown === null;
  const stop = new AbortController();
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  document.getElementById('skip').textContent = t('skip');
  document.title = `${t(screen.title)} · FlowQuota`;

  const main = h('main', { id: 'main', tabindex: '-1' });
  replace(document.getElementById('app'), frame(screen, main, showAnew));
  shown = { key, stop };
  shown.update = screen.show({ main, query, signal: stop.signal, signedIn: showAnew }) ?? null;
  scrollTo(0, 0);
  if (!isFirst) {
    main.focus({ preventScroll: true });
    announce(t(screen.title));
  }
}

document.getElementById('skip').addEventListener('click', event => {
  event.preventDefault();
  document.getElementById('main').focus();
});

try {
  await readServer();
  start(show);
  show();
} catch (error) {
  replace(document.getElementById('app'), h('main', { id: 'main' }, problem(Object.assign(error, { status: 0 }))));
}
