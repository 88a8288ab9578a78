// All rows of the ledger, or those of one token, as a CSV file: read chunk by chunk, with a way to stop and to go on.
import { h, replace, slot } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { csv, lines, save } from '../lib/csv.js';
import { here, number } from '../lib/format.js';
import { ledgerChunks } from '../lib/pages.js';
import { orNull } from '../lib/waiting.js';
import { t } from '../lib/words.js';
import { whileBusy } from './form.js';
import { notice, problem } from './notice.js';
import { withProgress } from './progress.js';
import { readUsage } from './usage.js';

/**
 * A button, and the place where its work is shown; gives { button, outcome }.
 * @param token the id of the token whose rows are meant; null = all
 */
export function ledgerExport(token, signal) {
  const outcome = slot();
  const button = h('button', { class: 'button', type: 'button' }, t('export.do'));

  async function run(file) {
    try {
      await readRows(file, token, outcome, signal);
      if (file.next === null) {
        finish(file, token, outcome);
      } else {
        replace(outcome, stopped(file));
      }
    } catch (error) {
      replace(outcome, problem(error), stopped(file));
    }
  }

  /** What was read stays, so that a file of millions of rows need not be begun again. */
  function stopped(file) {
    return file.count === 0 ? null : notice('warning',
      h('p', {}, t('export.stopped', { count: number(file.count) })),
      h('div', { class: 'row' },
        h('button', { class: 'button', type: 'button', onclick: () => whileBusy(button, () => run(file)) }, t('goOn')),
        h('button', { class: 'button', type: 'button', onclick: () => saveFile(file, token) }, t('export.save'))));
  }

  button.addEventListener('click', () => whileBusy(button, () => run({ names: [], parts: [], count: 0, total: null, next: '' })));
  return { button, outcome };
}

/** Reads until the end, or until it is stopped; `file` then has what was read, and where to go on. */
function readRows(file, token, outcome, signal) {
  return withProgress(outcome, t('export.reading'), async (stop, report) => {
    const either = AbortSignal.any([stop, signal]);
    for await (const { rows, next } of ledgerChunks(token, file.next, either)) {
      if (file.count === 0 && rows.length > 0) {
        file.names = Object.keys(rows[0]);
        file.total = await orNull(countRows(token, rows[0], either));
      }
      // The browser may keep a blob on its disk.
      file.parts.push(new Blob([lines(file.names, rows)]));
      file.count += rows.length;
      file.next = next;
      report(file.count, file.total);
    }
  }, { from: file.count });
}

/** How many rows the ledger has from its oldest one on. */
async function countRows(token, oldest, signal) {
  if (token !== null) {
    return (await read(`/flow/tokens/${encodeURIComponent(token)}/quota/logs`, { page_size: 1 }, signal)).total;
  }
  const report = await readUsage({ from: quarterOf(oldest.created_at) }, { granularity: 'total', group_by: 'action' }, signal);
  return report.buckets.reduce((sum, bucket) => sum + (bucket.changes ?? 0), 0);
}

/** The quarter of an hour of a time of the API, because usage is counted by quarters. */
function quarterOf(time) {
  const minute = Number(time.slice(14, 16));
  return `${time.slice(0, 14)}${String(minute - minute % 15).padStart(2, '0')}:00`;
}

function finish(file, token, outcome) {
  if (file.count === 0) {
    replace(outcome, notice('info', t('export.none')));
    return;
  }
  saveFile(file, token);
  replace(outcome, notice('info', t('export.done', { count: number(file.count) })));
}

function saveFile(file, token) {
  save(`flowquota-ledger-${token ?? 'all'}-${here(new Date()).replace(/[ :]/g, '-')}.csv`, csv(file.names, []), ...file.parts);
}
