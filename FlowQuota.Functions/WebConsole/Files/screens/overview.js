// Is all well, and who is about to run out?
import { h, replace, slot } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { bareTime, here, number, time } from '../lib/format.js';
import { tokenPages } from '../lib/pages.js';
import { address } from '../lib/router.js';
import { t } from '../lib/words.js';
import { lastVerification, verdictKind, verdictWords } from '../parts/books-state.js';
import { heading, panel } from '../parts/heading.js';
import { healthBadge, healthTable, readHealth } from '../parts/health.js';
import { load } from '../parts/load.js';
import { withProgress } from '../parts/progress.js';
import { problem } from '../parts/notice.js';
import { badge, isLow, quotaBar } from '../parts/quota.js';
import { table } from '../parts/table.js';

export const overviewScreen = { title: 'overview.title', show };

const soonDays = 7;
const shownTokens = 10;

function show({ main, signal }) {
  const status = slot();
  const waiting = slot();
  const count = slot();
  const health = slot();
  const low = slot();

  // Two parts of the screen show it.
  let reading = null;
  const readHealthOnce = () => {
    reading ??= readHealth(signal).finally(() => { reading = null; });
    return reading;
  };

  function refresh() {
    load(status, 2, async () => {
      const found = await readHealthOnce();
      return [h('p', { class: 'figure' }, healthBadge(found.status)), h('p', { class: 'muted' }, t('overview.status.hint'))];
    });
    load(health, 6, async () => healthTable(await readHealthOnce()));
    load(waiting, 2, () => waitingFigure(signal));
    load(count, 2, () => countFigure(signal));
    load(low, 5, () => firstLook(signal));
  }

  replace(main,
    heading(t('overview.title'), null, h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    h('div', { class: 'cards' },
      panel(t('overview.status'), status), panel(t('overview.tokens'), count),
      panel(t('overview.waiting'), waiting), panel(t('overview.books'), booksFigure())),
    panel(t('overview.low'), low),
    panel(t('health.title'), health));
  refresh();
}

async function waitingFigure(signal) {
  const stats = await read('/flow/cache-write-pool/stats', {}, signal);
  return [
    h('p', { class: 'figure' }, number(stats.log_queue_len + stats.sync_queue_len)),
    h('p', { class: 'muted' }, t('overview.waiting.hint', { rows: number(stats.log_queue_len), balances: number(stats.sync_queue_len) })),
  ];
}

async function countFigure(signal) {
  const { count } = await read('/flow/tokens', { page_size: 1 }, signal);
  return [h('p', { class: 'figure' }, number(count)), h('p', {}, h('a', { href: address('tokens') }, t('overview.tokens.link')))];
}

function booksFigure() {
  const last = lastVerification();
  const link = h('p', {}, h('a', { href: address('books') }, t('overview.books.link')));
  if (last === null) {
    return [h('p', { class: 'figure' }, badge('off', t('overview.books.never'))), link];
  }
  return [h('p', { class: 'figure' }, badge(verdictKind(last), verdictWords(last))), h('p', { class: 'muted' }, t('overview.books.at'), ' ', time(last.at)), link];
}

/** The first page of tokens, and a way to look through all. */
async function firstLook(signal) {
  const first = await tokenPages({}, signal).next();
  const { tokens, count } = first.value;
  const list = h('div', { class: 'stack' });
  const outcome = slot();
  const more = tokens.length < count
    ? h('button', { class: 'button', type: 'button', onclick: () => lookThroughAll(list, outcome, more, signal) }, t('overview.low.all'))
    : null;
  replace(list, lowTable(tokens, tokens.length, count));
  return [list, outcome, more];
}

async function lookThroughAll(list, outcome, button, signal) {
  const found = [];
  button.hidden = true;
  try {
    let seen = 0;
    let all = 0;
    await withProgress(outcome, t('overview.low.looking'), async (stopped, report) => {
      for await (const page of tokenPages({}, AbortSignal.any([stopped, signal]))) {
        found.push(...page.tokens.filter(needsAttention));
        [seen, all] = [page.seen, page.count];
        replace(list, lowTable(found, seen, all));
        report(seen, all);
      }
    });
    button.hidden = seen >= all;
  } catch (error) {
    replace(outcome, problem(error));
    button.hidden = false;
  }
}

function lowTable(tokens, seen, count) {
  const wanted = tokens.filter(needsAttention);
  return [
    table({
      caption: t('overview.low'),
      empty: t('overview.low.none'),
      rows: wanted.slice(0, shownTokens),
      columns: [
        { title: t('token.id'), cell: token => h('a', { href: address('token', { id: token.token_id }) }, h('code', {}, token.token_id)) },
        { title: t('token.workspace'), kind: 'text', cell: token => token.ws_id },
        { title: t('token.email'), kind: 'text wide', cell: token => token.email },
        { title: t('token.left'), cell: quotaBar },
        { title: t('token.ends'), zoned: true, cell: token => token.quota_type === 'count' ? t('never') : bareTime(token.expires_at, t('never')) },
      ],
    }),
    h('p', { class: 'fine' },
      wanted.length > shownTokens ? `${t('overview.low.more', { count: number(wanted.length - shownTokens) })} ` : '',
      t('overview.low.seen', { seen: number(seen), count: number(count), days: number(soonDays) })),
  ];
}

/** True for a token in force that is nearly empty, or ends within days. */
function needsAttention(token) {
  const now = here(new Date());
  const soon = here(new Date(Date.now() + soonDays * 86_400_000));
  const ends = token.quota_type === 'count' ? null : token.expires_at;
  return token.is_active && (ends === null || ends > now) && (isLow(token) || (ends !== null && ends <= soon));
}
