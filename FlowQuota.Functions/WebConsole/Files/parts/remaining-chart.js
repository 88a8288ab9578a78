// What remained over time: a line that falls with each call and rises where something was granted.
import { h, svg } from '../lib/dom.js';
import { instant, number, signed } from '../lib/format.js';
import { t } from '../lib/words.js';
import { chartFrame, plot, scaleOf } from './chart-frame.js';

/** @param rows of the ledger, newest first, each with a quota_after */
export function remainingChart(rows) {
  const points = rows.toReversed().filter(row => row.quota_after !== null);
  if (points.length < 2) {
    return h('div', { class: 'empty' }, t(rows.length > points.length ? 'chart.byTime' : 'chart.empty'));
  }
  const first = points[0];
  const last = points.at(-1);
  const summary = t('chart.summary', {
    count: number(points.length), from: first.created_at, to: last.created_at, first: number(first.quota_after), last: number(last.quota_after),
  });
  return chartFrame(width => drawing(points, width, summary),
    h('span', { class: 'key line' }, t('chart.line')), h('span', { class: 'key dot' }, t('chart.granted')));
}

function drawing(points, width, summary) {
  const scale = scaleOf(points.map(point => Math.max(point.quota_after, point.quota_before ?? 0)), width, 10);
  const { left, right, bottom, y } = scale;
  const times = points.map(point => instant(point.created_at));
  const span = times.at(-1) - times[0];
  // Rows of one second would fall on one another.
  const x = index => left + (right - left) * (span > 0 ? (times[index] - times[0]) / span : index / (points.length - 1));

  let line = `M${x(0)} ${y(points[0].quota_after)}`;
  for (let index = 1; index < points.length; index++) {
    line += `H${x(index)}V${y(points[index].quota_after)}`;
  }

  return plot(scale, width, summary, [points[0].created_at, points.at(-1).created_at],
    svg('path', { class: 'area', d: `${line}V${bottom}H${x(0)}Z` }),
    svg('path', { class: 'step', d: line }),
    points.map((point, index) => point.quota_change > 0
      ? svg('circle', { class: 'grant', cx: x(index), cy: y(point.quota_after), r: 4 },
        svg('title', {}, `${t(`action.${point.action}`)} ${signed(point.quota_change)}, ${point.created_at}`))
      : null));
}
