// The figures of usage reports: read, added up, drawn, listed.
import { h } from '../lib/dom.js';
import { read } from '../lib/api.js';
import { number, time } from '../lib/format.js';
import { zone } from '../lib/server.js';
import { bucketName } from '../lib/spans.js';
import { t } from '../lib/words.js';
import { barChart } from './bar-chart.js';
import { notice } from './notice.js';
import { table } from './table.js';

export const measures = ['units', 'calls'];

const figureNames = ['calls', 'units', 'failed', 'refunded', 'refused_quota', 'refused_rate'];

/** A report of a time, { from, to }, as admin. */
export function readUsage(times, query, signal) {
  return read('/flow/usage', { ...times, ...query }, signal);
}

/** All buckets of a report as one. */
export function sumOf(report) {
  const { buckets, from, to } = report;
  return {
    starts_at: from, ends_at: to,
    ...Object.fromEntries(figureNames.map(name => [name, buckets.reduce((sum, bucket) => sum + bucket[name], 0)])),
  };
}

/** How many calls of a bucket were refused, for whatever reason. */
export function refusedOf(bucket) {
  return bucket.refused_quota + bucket.refused_rate;
}

/** A figure of a bucket, or undefined for a 0 that says only that nothing of the bucket was counted yet. */
export function known(value, bucket, report) {
  const isCounted = report.complete_until !== null && bucket.starts_at < report.complete_until;
  return value > 0 || isCounted ? value : undefined;
}

/** Up to when the report is complete, in words. */
export function completeUntil(report) {
  return report.complete_until === null
    ? notice('warning', t('usage.notCounted'))
    : h('p', { class: 'fine' }, t('usage.complete'), ' ', time(report.complete_until), t('usage.later'));
}

/** The bars of a report without groups. */
export function usageChart(report, measure) {
  const sum = sumOf(report);
  const label = t(`usage.${measure}`);
  return barChart({
    label,
    summary: t('usage.summary', {
      label, from: report.from, to: report.to, zone: zone(),
      total: number(known(sum[measure], sum, report)), refused: number(known(refusedOf(sum), sum, report)),
    }),
    bars: report.buckets.map(bucket => ({
      name: bucketName(report.granularity, bucket.starts_at),
      value: bucket[measure],
      refused: refusedOf(bucket),
      words: t('usage.bar', {
        label, name: bucketName(report.granularity, bucket.starts_at),
        value: number(known(bucket[measure], bucket, report)), refused: number(known(refusedOf(bucket), bucket, report)),
      }),
    })),
  });
}

/** @param first the column that heads the rows */
export function usageTable({ caption, first, rows, report, empty }) {
  const column = (title, value) => ({ title, kind: 'number', cell: bucket => number(known(value(bucket), bucket, report)) });
  return table({
    caption,
    empty,
    rows,
    columns: [
      first,
      column(t('usage.units'), bucket => bucket.units),
      column(t('usage.calls'), bucket => bucket.calls),
      column(t('usage.failed'), bucket => bucket.failed),
      column(t('usage.refunded'), bucket => bucket.refunded),
      column(t('usage.refusedQuota'), bucket => bucket.refused_quota),
      column(t('usage.refusedRate'), bucket => bucket.refused_rate),
    ],
  });
}
