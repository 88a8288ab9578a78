// The list of tokens: filtered, paged, as a CSV file.
import { h, replace, slot } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { csv, save } from '../lib/csv.js';
import { bareTime, here, number } from '../lib/format.js';
import { tokenPages } from '../lib/pages.js';
import { address, go } from '../lib/router.js';
import { t } from '../lib/words.js';
import { field, select, textInput } from '../parts/form.js';
import { heading } from '../parts/heading.js';
import { load } from '../parts/load.js';
import { notice, problem } from '../parts/notice.js';
import { pager } from '../parts/pager.js';
import { withProgress } from '../parts/progress.js';
import { quotaBar, stateBadge } from '../parts/quota.js';
import { table } from '../parts/table.js';

export const tokensScreen = { title: 'tokens.title', show };

const filterNames = ['token', 'ws_id', 'email'];
const defaultSize = '50';
const csvNames = [
  'token_id', 'ws_id', 'email', 'quota_type', 'total_quota', 'remaining_quota', 'is_active', 'expires_at', 'created_at',
  'rate_limit_per_minute', 'rate_limit_burst', 'rate_limit_window_seconds', 'quota_synced_at', 'updated_at', 'name', 'tags',
];

function show({ main, query, signal }) {
  const list = slot();
  const outcome = slot();
  const inputs = Object.fromEntries(filterNames.map(name => [name, textInput({ value: query.get(name) ?? '' })]));
  const size = select([['20', '20'], ['50', '50'], ['200', '200'], ['1000', '1000']], query.get('page_size') ?? defaultSize);
  const form = h('form', { class: 'filters panel', role: 'search', 'aria-label': t('tokens.filters') },
    field('token', t('tokens.filter.token'), inputs.token),
    field('ws_id', t('token.workspace'), inputs.ws_id),
    field('email', t('token.email'), inputs.email),
    field('page_size', t('tokens.size'), size),
    h('button', { class: 'button' }, t('tokens.find')));
  form.addEventListener('submit', event => {
    event.preventDefault();
    go('tokens', { ...filters(inputs), page_size: size.value === defaultSize ? null : size.value });
  });

  let now = query;
  const exportButton = h('button', { class: 'button', type: 'button', onclick: () => exportCsv(now, outcome, exportButton, signal) }, t('csv'));
  replace(main,
    heading(t('tokens.title'), null, exportButton, h('a', { class: 'button primary', href: address('new-token') }, t('new.title'))),
    form, outcome, h('section', { class: 'panel flush' }, list));

  function update(state) {
    now = state;
    for (const name of filterNames) {
      inputs[name].value = state.get(name) ?? '';
    }
    size.value = state.get('page_size') ?? defaultSize;
    load(list, 8, () => page(state, signal));
  }

  update(query);
  return update;
}

function filters(inputs) {
  return Object.fromEntries(filterNames.map(name => [name, inputs[name].value.trim()]));
}

async function page(state, signal) {
  const chosen = Object.fromEntries(filterNames.map(name => [name, state.get(name)]));
  const data = await read('/flow/tokens', { ...chosen, page: state.get('page'), page_size: state.get('page_size') ?? defaultSize }, signal);
  const now = here(new Date());
  return [
    data.stale ? notice('warning', t('stale')) : null,
    table({
      caption: t('tokens.title'),
      empty: filterNames.some(name => state.get(name))
        ? t('tokens.none')
        : [h('p', {}, t('tokens.first')), h('a', { class: 'button primary', href: address('new-token') }, t('new.title'))],
      rows: data.tokens,
      columns: [
        { title: t('token.id'), cell: token => h('a', { href: address('token', { id: token.token_id }) }, h('code', {}, token.token_id)) },
        { title: t('token.name'), kind: 'text', cell: token => token.name ?? '' },
        { title: t('token.workspace'), kind: 'text', cell: token => token.ws_id },
        { title: t('token.email'), kind: 'text wide', cell: token => token.email },
        { title: t('token.state'), cell: token => stateBadge(token, now) },
        { title: t('token.left'), cell: quotaBar },
        { title: t('token.ends'), zoned: true, cell: token => token.quota_type === 'count' ? t('never') : bareTime(token.expires_at, t('never')) },
      ],
    }),
    pager({ page: data.page, pages: data.total_pages, count: data.count }),
  ];
}

async function exportCsv(state, outcome, button, signal) {
  const chosen = Object.fromEntries(filterNames.map(name => [name, state.get(name)]));
  const rows = [];
  button.disabled = true;
  try {
    const isWhole = await withProgress(outcome, t('csv.reading'), async (stopped, report) => {
      for await (const page of tokenPages(chosen, AbortSignal.any([stopped, signal]))) {
        rows.push(...page.tokens.map(token => ({ ...token, tags: token.tags?.join(' ') })));
        report(page.seen, page.count);
      }
    });
    if (isWhole) {
      save(`flowquota-tokens-${here(new Date()).replace(/[ :]/g, '-')}.csv`, csv(csvNames, rows));
      replace(outcome, notice('info', t('csv.done', { count: number(rows.length) })));
    }
  } catch (error) {
    replace(outcome, problem(error));
  } finally {
    button.disabled = false;
  }
}
