// One token: what is left, how it came to that, and what an admin can do with it.
import { h, replace, slot } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { here, number, time } from '../lib/format.js';
import { largestPage } from '../lib/pages.js';
import { address, go } from '../lib/router.js';
import { zone } from '../lib/server.js';
import { spanOf } from '../lib/spans.js';
import { t } from '../lib/words.js';
import { remainingChart } from '../parts/remaining-chart.js';
import { copyButton, field, select } from '../parts/form.js';
import { heading, panel } from '../parts/heading.js';
import { actions, ledgerTable } from '../parts/ledger.js';
import { ledgerExport } from '../parts/ledger-export.js';
import { load } from '../parts/load.js';
import { notice } from '../parts/notice.js';
import { pager } from '../parts/pager.js';
import { periodFacts } from '../parts/period.js';
import { bar, stateBadge, usage } from '../parts/quota.js';
import { facts } from '../parts/table.js';
import { tokenActions } from '../parts/token-actions.js';
import { completeUntil, readUsage, sumOf, usageChart } from '../parts/usage.js';

export const tokenScreen = { title: 'token.title', show };

function show({ main, query, signal }) {
  const id = query.get('id') ?? '';
  const balance = slot();
  const chart = slot();
  const used = slot();
  const ledger = slot();
  const doing = slot();
  const filters = ledgerFilters(id);
  const whole = ledgerExport(id, signal);
  let state = query;

  function refresh() {
    load(balance, 6, async () => {
      const token = await find(id, signal);
      replace(doing, token === null ? null : tokenActions(token, refresh));
      return token === null ? notice('warning', t('token.gone')) : balanceOf(token);
    });
    load(used, 6, () => usageOf(id, signal));
    rows();
  }

  function rows() {
    load(chart, 6, () => chartOf(id, state, signal));
    load(ledger, 8, () => ledgerPage(id, state, signal));
  }

  replace(main,
    heading(t('token.title'), h('span', { class: 'row' }, h('code', {}, id), copyButton(() => id, t('copy'), 'small')),
      h('a', { class: 'button', href: address('books', { token: id }) }, t('token.verify')),
      h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    h('div', { class: 'beside' },
      h('div', { class: 'stack' }, panel(t('token.balance'), balance), panel(t('chart.title'), chart), panel(t('usage.last'), used)),
      doing),
    h('section', { class: 'panel flush' }, h('h2', {}, t('ledger.title')), filters.element, h('div', { class: 'row' }, whole.button), whole.outcome, ledger));

  filters.set(query);
  refresh();
  return next => {
    state = next;
    filters.set(next);
    rows();
  };
}

/** The token as the list has it; null if there is none. */
async function find(id, signal) {
  const data = await read('/flow/tokens', { token: id }, signal);
  return data.count === 0 ? null : { ...data.tokens[0], stale: data.stale };
}

function balanceOf(token) {
  const limits = [
    token.rate_limit_per_minute === null ? null : t('limits.window', { count: number(token.rate_limit_per_minute), seconds: number(token.rate_limit_window_seconds) }),
    token.rate_limit_burst === null ? null : t('limits.burst', { count: number(token.rate_limit_burst) }),
  ].filter(Boolean).join(' · ');
  return [
    token.stale ? notice('warning', t('stale')) : null,
    token.quota_type === 'time'
      ? h('p', { class: 'figure' }, t('quota.byTime'))
      : [
        h('p', { class: 'figure' }, number(token.remaining_quota), ' ', h('small', {}, t('balance.of', { total: number(token.total_quota) }))),
        bar(token),
        usage(token),
      ],
    facts([
      token.name ? [t('token.name'), token.name] : null,
      token.tags ? [t('token.tags'), token.tags.join(' ')] : null,
      [t('token.state'), stateBadge(token, here(new Date()))],
      [t('token.workspace'), token.ws_id],
      [t('token.email'), token.email],
      [t('token.type'), t(`type.${token.quota_type}`)],
      ...periodFacts(token),
      [t('token.ends'), token.quota_type === 'count' ? t('never') : time(token.expires_at, t('never'))],
      [t('token.limits'), limits || t('limits.none')],
      [t('token.created'), time(token.created_at)],
      token.rotated_at ? [t('token.rotated'), time(token.rotated_at)] : null,
      token.previous_valid_until ? [t('token.earlier'), time(token.previous_valid_until)] : null,
      token.quota_type === 'time' ? null : [t('token.synced'), time(token.quota_synced_at)],
    ]),
  ];
}

/** The newest rows of the range: a line needs them all at once, and a page of the API has at most a thousand. */
async function chartOf(id, state, signal) {
  const data = await read(`/flow/tokens/${encodeURIComponent(id)}/quota/logs`,
    { start_date: state.get('start_date'), end_date: state.get('end_date'), page_size: largestPage }, signal);
  return [
    remainingChart(data.logs),
    data.total > data.logs.length ? h('p', { class: 'fine' }, t('chart.newest', { shown: number(data.logs.length), total: number(data.total) })) : null,
  ];
}

async function usageOf(id, signal) {
  const { granularity, now } = spanOf('30d');
  const report = await readUsage(now, { granularity, token: id }, signal);
  // Calls of a token by time take no units.
  return [
    usageChart(report, sumOf(report).units > 0 ? 'units' : 'calls'),
    completeUntil(report),
    h('p', {}, h('a', { href: address('usage', { token: id }) }, t('usage.open'))),
  ];
}

async function ledgerPage(id, state, signal) {
  const data = await read(`/flow/tokens/${encodeURIComponent(id)}/quota/logs`, {
    action: state.get('action'), start_date: state.get('start_date'), end_date: state.get('end_date'), page: state.get('page'), page_size: 50,
  }, signal);
  return [ledgerTable(data.logs, t('ledger.none')), pager({ page: data.page, pages: data.total_pages, count: data.total })];
}

function ledgerFilters(id) {
  const action = select([['', t('ledger.all')], ...actions.map(name => [name, t(`action.${name}`)])], '');
  const from = h('input', { type: 'date' });
  const to = h('input', { type: 'date' });
  const element = h('form', { class: 'filters', 'aria-label': t('ledger.filters') },
    field('action', t('ledger.action'), action), field('start_date', t('ledger.from'), from, zone()), field('end_date', t('ledger.to'), to, zone()),
    h('button', { class: 'button' }, t('ledger.filter')));
  element.addEventListener('submit', event => {
    event.preventDefault();
    go('token', { id, action: action.value, start_date: from.value, end_date: to.value });
  });
  return {
    element,
    set: query => {
      action.value = query.get('action') ?? '';
      from.value = query.get('start_date') ?? '';
      to.value = query.get('end_date') ?? '';
    },
  };
}
