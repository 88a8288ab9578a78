// How the parts do, what waits for SQL, and the clean-up of old rows.
import { h, replace, slot } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { number, time } from '../lib/format.js';
import { t } from '../lib/words.js';
import { cleanup, readCleanup } from '../parts/cleanup.js';
import { heading, panel } from '../parts/heading.js';
import { healthBadge, healthTable, readHealth } from '../parts/health.js';
import { load } from '../parts/load.js';
import { facts } from '../parts/table.js';

export const operationsScreen = { title: 'operations.title', show };

function show({ main, signal }) {
  const health = slot();
  const queues = slot();
  const retention = slot();
  const cleaning = cleanup(refresh, signal);

  function refresh() {
    load(health, 6, async () => {
      const found = await readHealth(signal);
      return [h('p', {}, healthBadge(found.status)), healthTable(found)];
    });
    load(queues, 5, () => queueFacts(signal));
    load(retention, 5, async () => {
      const stats = await readCleanup(signal);
      if (stats.unfinished_run !== null) {
        cleaning.watch();
      }
      return retentionFacts(stats);
    });
  }

  replace(main,
    heading(t('operations.title'), null, h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    panel(t('health.title'), health),
    h('div', { class: 'two' }, panel(t('queues.title'), queues), panel(t('retention.title'), retention, cleaning.elements)));
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

function retentionFacts(stats) {
  return facts([
    [t('retention.enabled'), stats.enabled ? t('yes') : t('no')],
    [t('retention.days'), number(stats.retention_days)],
    [t('retention.interval'), stats.cleanup_interval],
    [t('retention.expired'), number(stats.expired_count)],
    [t('retention.last'), time(stats.last_cleanup_time, t('retention.never'))],
    [t('retention.lastCount'), stats.last_cleanup_time === null ? t('retention.never') : number(stats.last_cleanup_count)],
    [t('retention.total'), number(stats.total_cleaned_count)],
    [t('retention.next'), time(stats.next_cleanup_time, stats.enabled ? t('retention.soon') : t('retention.off'))],
  ]);
}
