// Who used how much, and when? As a chart, as tables, beside the same time before, and as a CSV file.
import { h, replace, slot } from '../lib/dom.js';
import { readText } from '../lib/api.js';
import { save } from '../lib/csv.js';
import { number, percentChange, time } from '../lib/format.js';
import { address, go } from '../lib/router.js';
import { zone } from '../lib/server.js';
import { bucketName, spanNames, spanOf } from '../lib/spans.js';
import { t } from '../lib/words.js';
import { field, select, textInput, whileBusy } from '../parts/form.js';
import { heading, panel } from '../parts/heading.js';
import { load } from '../parts/load.js';
import { notice, problem } from '../parts/notice.js';
import { completeUntil, known, measures, readUsage, refusedOf, sumOf, usageChart, usageTable } from '../parts/usage.js';

export const usageScreen = { title: 'usage.title', show };

const filterNames = ['token', 'ws_id', 'tag'];
const groups = { token: 'token.id', ws_id: 'token.workspace', meter: 'usage.label' };
const defaultSpan = '30d';
const shownGroups = 200;

function show({ main, query, signal }) {
  const sums = slot();
  const chart = slot();
  const byGroup = slot();
  const byTime = slot();
  const outcome = slot();
  const form = usageFilters();
  const groupPanel = panel(t('usage.who'), byGroup);
  let state = stateOf(query);

  function refresh() {
    const span = spanOf(state.time);
    const { granularity } = span;
    const { filters, measure } = state;
    // Three parts of the screen show it; one that failed is read again when a part is tried again.
    let reading = null;
    const report = () => {
      reading ??= readUsage(span.now, { granularity, ...filters }, signal).catch(error => {
        reading = null;
        throw error;
      });
      return reading;
    };
    load(sums, 4, () => compared(report(), span, filters, signal));
    load(chart, 6, async () => chartOf(await report(), measure));
    load(byTime, 8, async () => timeTable(await report()));
    groupPanel.hidden = state.group === '';
    if (state.group !== '') {
      load(byGroup, 6, () => groupTable(span, state, signal));
    }
  }

  const exportButton = h('button', { class: 'button', type: 'button' }, t('csv'));
  exportButton.addEventListener('click', () => whileBusy(exportButton, () => exportCsv(state, outcome, signal)));
  replace(main,
    heading(t('usage.title'), t('usage.sentence'), exportButton, h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    form.element, outcome, sums, panel(t('usage.chart'), chart), groupPanel, panel(t('usage.byTime'), byTime));

  function update(next) {
    state = stateOf(next);
    form.set(state);
    replace(outcome);
    refresh();
  }

  update(query);
  return update;
}

/** What the address asks for; what it does not know is left at its default. */
function stateOf(query) {
  const one = (name, values, otherwise) => values.includes(query.get(name)) ? query.get(name) : otherwise;
  return {
    time: one('time', spanNames, defaultSpan),
    group: one('group_by', Object.keys(groups), ''),
    measure: one('measure', measures, measures[0]),
    filters: Object.fromEntries(filterNames.map(name => [name, query.get(name)])),
  };
}

function usageFilters() {
  const span = select(spanNames.map(name => [name, t(`span.${name}`)]), defaultSpan);
  const group = select([['', t('usage.ungrouped')], ...Object.entries(groups).map(([name, words]) => [name, t(words)])], '');
  const measure = select(measures.map(name => [name, t(`usage.${name}`)]), measures[0]);
  const inputs = Object.fromEntries(filterNames.map(name => [name, textInput()]));
  const element = h('form', { class: 'filters panel', role: 'search', 'aria-label': t('usage.filters') },
    field('time', t('usage.time'), span, zone()),
    field('group_by', t('usage.group'), group),
    field('measure', t('usage.measure'), measure),
    field('token', t('token.id'), inputs.token),
    field('ws_id', t('token.workspace'), inputs.ws_id),
    field('tag', t('usage.tag'), inputs.tag),
    h('button', { class: 'button' }, t('usage.show')));
  element.addEventListener('submit', event => {
    event.preventDefault();
    go('usage', {
      time: span.value === defaultSpan ? null : span.value, group_by: group.value, measure: measure.value === measures[0] ? null : measure.value,
      ...Object.fromEntries(filterNames.map(name => [name, inputs[name].value.trim()])),
    });
  });
  return {
    element,
    set: state => {
      [span.value, group.value, measure.value] = [state.time, state.group, state.measure];
      for (const name of filterNames) {
        inputs[name].value = state.filters[name] ?? '';
      }
    },
  };
}

/** The sums of the time, each beside that of the same time before. If the latter cannot be had, the former are shown all the same. */
async function compared(report, span, filters, signal) {
  const [now, before] = await Promise.allSettled([report, readUsage(span.before, { granularity: 'total', ...filters }, signal)]);
  if (now.status === 'rejected') {
    throw now.reason;
  }
  const sum = sumOf(now.value);
  const figure = value => known(value(sum), sum, now.value);
  const earlier = before.status === 'fulfilled' ? sumOf(before.value) : null;
  const card = (title, value, ...more) => {
    const past = earlier === null ? undefined : known(value(earlier), earlier, before.value);
    return panel(title,
      h('p', { class: 'figure' }, number(figure(value))),
      h('p', { class: 'muted' }, comparison(figure(value), past)),
      more);
  };
  return [
    h('div', { class: 'cards' },
      card(t('usage.units'), bucket => bucket.units),
      card(t('usage.calls'), bucket => bucket.calls),
      card(t('usage.refused'), refusedOf, h('p', { class: 'muted' }, t('usage.reasons', {
        quota: number(figure(bucket => bucket.refused_quota)), rate: number(figure(bucket => bucket.refused_rate)),
      })))),
    h('p', { class: 'fine' }, t('usage.before'), ' ', time(span.before.from), ' – ', time(span.before.to)),
    before.status === 'rejected' ? problem(before.reason) : null,
  ];
}

function comparison(now, before) {
  if (before === undefined) {
    return t('usage.unknownBefore');
  }
  return before === 0 ? t('usage.noneBefore') : t('usage.compared', { change: percentChange(now, before), before: number(before) });
}

function chartOf(report, measure) {
  return [usageChart(report, measure), completeUntil(report)];
}

function timeTable(report) {
  return usageTable({
    caption: t('usage.byTime'),
    rows: report.buckets,
    report,
    first: { title: t('usage.from'), zoned: true, cell: bucket => h('time', { datetime: bucket.starts_at }, bucketName(report.granularity, bucket.starts_at)) },
  });
}

async function groupTable(span, { group, measure, filters }, signal) {
  const report = await readUsage(span.now, { granularity: 'total', group_by: group, ...filters }, signal);
  const rows = report.buckets.toSorted((one, other) => other[measure] - one[measure]);
  const name = bucket => {
    const value = bucket[group];
    if (value === '') {
      return h('span', { class: 'muted' }, t('usage.unlabelled'));
    }
    return group === 'token' ? h('a', { href: address('token', { id: value }) }, h('code', {}, value)) : value;
  };
  return [
    usageTable({
      caption: t('usage.who'),
      empty: t('usage.nobody'),
      rows: rows.slice(0, shownGroups),
      report,
      first: { title: t(groups[group]), kind: group === 'token' ? null : 'text', cell: name },
    }),
    rows.length > shownGroups ? h('p', { class: 'fine' }, t('usage.more', { count: number(rows.length - shownGroups) })) : null,
  ];
}

async function exportCsv({ time: name, group, filters }, outcome, signal) {
  const { granularity, now } = spanOf(name);
  try {
    const { text } = await readText('/flow/usage', { ...now, granularity, group_by: group, ...filters, format: 'csv' }, signal);
    save(`flowquota-usage-${now.from.slice(0, 10)}-${now.to.slice(0, 10)}.csv`, text);
    replace(outcome, notice('info', t('usage.saved', { ...now, zone: zone() })));
  } catch (error) {
    replace(outcome, problem(error));
  }
}
