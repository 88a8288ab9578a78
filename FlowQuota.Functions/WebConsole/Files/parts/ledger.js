// Rows of the ledger as a table.
import { h } from '../lib/dom.js';
import { bareTime, number, signed } from '../lib/format.js';
import { t } from '../lib/words.js';
import { badge } from './quota.js';
import { table } from './table.js';

export const actions = ['init', 'consume', 'refund', 'recharge', 'refill', 'expire', 'reserve', 'release'];

export function ledgerTable(rows, empty) {
  return table({
    caption: t('ledger.title'),
    empty,
    rows,
    columns: [
      { title: t('ledger.time'), zoned: true, cell: row => bareTime(row.created_at) },
      { title: t('ledger.action'), cell: row => actions.includes(row.action) ? t(`action.${row.action}`) : row.action },
      { title: t('ledger.change'), kind: 'number', cell: row => signed(row.quota_change) },
      { title: t('ledger.after'), kind: 'number', cell: row => row.quota_after === null ? t('ledger.byTime') : number(row.quota_after) },
      { title: t('ledger.outcome'), kind: 'long', cell: outcome },
      { title: t('ledger.request'), cell: row => h('code', { class: 'cut', title: row.request_id }, row.request_id) },
    ],
  });
}

function outcome(row) {
  if (row.execution_success === true) {
    return badge('good', t('outcome.good'));
  }
  if (row.execution_success === false) {
    return h('span', {}, badge('bad', row.execution_error_type ?? t('outcome.failed')), ' ', h('span', { lang: 'en' }, row.execution_error_message ?? ''));
  }
  // Only calls have an outcome; consume has none, nor has a run whose process died.
  return row.action === 'consume' ? h('span', { class: 'muted' }, t('outcome.none')) : null;
}
