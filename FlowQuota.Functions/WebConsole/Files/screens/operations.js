// How the parts do, what waits for SQL, and the clean-up of old rows.
import { h, replace, slot } from '../lib/dom.js';
import { change, read } from '../lib/api.js';
import { number, time } from '../lib/format.js';
import { t } from '../lib/words.js';
import { ask } from '../parts/dialog.js';
import { whileBusy } from '../parts/form.js';
import { heading, panel } from '../parts/heading.js';
import { healthBadge, healthTable, readHealth } from '../parts/health.js';
import { load } from '../parts/load.js';
import { notice, problem } from '../parts/notice.js';
import { facts } from '../parts/table.js';

export const operationsScreen = { title: 'operations.title', show };

function show({ main, signal }) {
  const health = slot();
  const queues = slot();
  const retention = slot();

  function refresh() {
    load(health, 6, async () => {
      const found = await readHealth(signal);
      return [h('p', {}, healthBadge(found.status)), healthTable(found)];
    });
    load(queues, 5, () => queueFacts(signal));
    load(retention, 5, () => retentionFacts(signal));
  }

  replace(main,
    heading(t('operations.title'), null, h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    panel(t('health.title'), health),
    h('div', { class: 'two' }, panel(t('queues.title'), queues), panel(t('retention.title'), retention, cleanup(refresh))));
  refresh();
}

async function queueFacts(signal) {
  const stats = await read('/flow/cache-write-pool/stats', {}, signal);
  const of = (length, cap) => t('queues.of', { length: number(length), cap: number(cap) });
  return facts([
    [t('health.status'), healthBadge(stats.status === 'full' ? 'down' : stats.status)],
    [t('queues.rows'), of(stats.log_queue_len, stats.log_queue_cap)],
    [t('queues.balances'), of(stats.sync_queue_len, stats.sync_queue_cap)],
    [t('queues.limit'), number(stats.hard_limit)],
    [t('queues.interval'), stats.sync_interval],
    [t('queues.batch'), number(stats.sync_batch_size)],
  ]);
}

async function retentionFacts(signal) {
  const stats = await read('/flow/quota/cleanup/stats', {}, signal);
  return facts([
    [t('retention.enabled'), stats.enabled ? t('yes') : t('no')],
    [t('retention.days'), number(stats.retention_days)],
    [t('retention.interval'), stats.cleanup_interval],
    [t('retention.last'), time(stats.last_cleanup_time, t('retention.never'))],
    [t('retention.lastCount'), stats.last_cleanup_time === null ? t('retention.never') : number(stats.last_cleanup_count)],
    [t('retention.total'), number(stats.total_cleaned_count)],
    [t('retention.next'), time(stats.next_cleanup_time, stats.enabled ? t('retention.soon') : t('retention.off'))],
  ]);
}

function cleanup(refresh) {
  const outcome = h('div', { 'aria-live': 'polite' });
  const button = h('button', { class: 'button', type: 'button' }, t('cleanup.do'));
  button.addEventListener('click', async () => {
    if (!await ask({ title: t('cleanup.title'), text: t('cleanup.text'), confirm: t('cleanup.do') })) {
      return;
    }
    await whileBusy(button, async () => {
      replace(outcome, h('p', { class: 'muted' }, t('cleanup.running')));
      try {
        const run = await change('POST', '/flow/quota/cleanup/trigger');
        replace(outcome, notice(run.completed ? 'good' : 'info', run.already_running
          ? t('cleanup.already')
          : t(run.completed ? 'cleanup.done' : 'cleanup.partly', { count: number(run.deleted_count) })));
        refresh();
      } catch (error) {
        replace(outcome, problem(error, { isChange: true }));
      }
    });
  });
  return [h('div', { class: 'row' }, button), outcome];
}
