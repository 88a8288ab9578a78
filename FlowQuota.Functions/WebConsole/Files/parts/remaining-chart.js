// What remained over time: a line that falls with each call and rises where something was granted.
import { h, replace, svg } from '../lib/dom.js';
import { instant, number, signed } from '../lib/format.js';
import { t } from '../lib/words.js';

const height = 200;
const margin = { right: 8, top: 10, bottom: 24 };

/** @param rows of the ledger, newest first, each with a quota_after */
export function remainingChart(rows) {
  const points = rows.toReversed().filter(row => row.quota_after !== null);
  if (points.length < 2) {
    return h('div', { class: 'empty' }, t(rows.length > points.length ? 'chart.byTime' : 'chart.empty'));
  }
  const frame = h('div', { class: 'chart' });
  const first = points[0];
  const last = points.at(-1);
  const summary = t('chart.summary', {
    count: number(points.length), from: first.created_at, to: last.created_at, first: number(first.quota_after), last: number(last.quota_after),
  });
  // Drawn for the width that there is, so that its words stay readable on a phone.
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 0) {
      replace(frame, drawing(points, width, summary));
    }
  }).observe(frame);
  return h('figure', {}, frame,
    h('figcaption', { class: 'legend muted' },
      h('span', { class: 'key line' }, t('chart.line')), h('span', { class: 'key dot' }, t('chart.granted'))));
}

function drawing(points, width, summary) {
  const times = points.map(point => instant(point.created_at));
  const span = times.at(-1) - times[0];
  const top = Math.max(1, ...points.map(point => Math.max(point.quota_after, point.quota_before ?? 0)));
  const left = 12 + 7 * number(top).length;
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  // Rows of one second would fall on one another.
  const x = index => left + (right - left) * (span > 0 ? (times[index] - times[0]) / span : index / (points.length - 1));
  const y = value => bottom - (bottom - margin.top) * (value / top);

  let line = `M${x(0)} ${y(points[0].quota_after)}`;
  for (let index = 1; index < points.length; index++) {
    line += `H${x(index)}V${y(points[index].quota_after)}`;
  }

  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary },
    [0, top / 2, top].map(value => svg('g', {},
      svg('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
      Number.isInteger(value) ? svg('text', { class: 'axis end', x: left - 8, y: y(value) + 4 }, number(value)) : null)),
    svg('path', { class: 'area', d: `${line}V${bottom}H${x(0)}Z` }),
    svg('path', { class: 'step', d: line }),
    points.map((point, index) => point.quota_change > 0
      ? svg('circle', { class: 'grant', cx: x(index), cy: y(point.quota_after), r: 4 },
        svg('title', {}, `${t(`action.${point.action}`)} ${signed(point.quota_change)}, ${point.created_at}`))
      : null),
    svg('text', { class: 'axis', x: left, y: height - 6 }, points[0].created_at),
    svg('text', { class: 'axis end', x: right, y: height - 6 }, points.at(-1).created_at));
}
