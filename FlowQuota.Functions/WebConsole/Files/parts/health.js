// How each part of the service does.
import { h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { read } from '../lib/api.js';
import { t } from '../lib/words.js';
import { badge } from './quota.js';
import { table } from './table.js';

/** Reads it; a service that cannot serve answers 503 and says why in the same words. */
export async function readHealth(signal) {
  try {
    return await read('/flow/health', {}, signal);
  } catch (error) {
    if (error.status === 503 && error.body?.data) {
      return error.body.data;
    }
    throw error;
  }
}

export function healthBadge(status) {
  const kind = { ok: 'good', degraded: 'warn', down: 'bad' }[status] ?? 'off';
  const words = { ok: t('health.ok'), degraded: t('health.degraded'), down: t('health.down') }[status] ?? status;
  return badge(kind, words);
}

export function healthTable(health) {
  return table({
    caption: t('health.title'),
    empty: t('unavailable'),
    rows: Object.entries(health.components),
    columns: [
      { title: t('health.part'), cell: ([name]) => partName(name) },
      { title: t('health.status'), cell: ([, part]) => healthBadge(part.status) },
      { title: t('health.detail'), kind: 'long', cell: ([, part]) => part.detail ? h('span', { lang: 'en' }, part.detail) : null },
      { title: t('health.latency'), kind: 'number', cell: ([, part]) => part.latency_ms === null ? null : `${number(Math.round(part.latency_ms * 10) / 10)} ms` },
    ],
  });
}

function partName(name) {
  const known = {
    redis: 'Redis', sql: 'SQL', aof: t('health.aof'), queues: t('health.queues'), backlog: t('health.backlog'), executor: t('health.executor'),
  };
  return known[name] ?? name;
}
