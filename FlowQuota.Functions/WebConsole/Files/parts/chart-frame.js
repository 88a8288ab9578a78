// What charts share: a frame that is drawn for the width that there is, the scale of its values, the grid, and the ends of the time.
import { h, replace, svg } from '../lib/dom.js';
import { number } from '../lib/format.js';

const height = 200;
const margin = { right: 8, bottom: 24 };

/**
 * @param draw makes the drawing for a width
 * @param legend what the marks mean
 */
export function chartFrame(draw, ...legend) {
  const frame = h('div', { class: 'chart' });
  // Drawn for the width that there is, so that its words stay readable on a phone.
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 0) {
      replace(frame, draw(width));
    }
  }).observe(frame);
  return h('figure', {}, frame, h('figcaption', { class: 'legend muted' }, legend));
}

/**
 * The places of values in a drawing.
 * @param values all that are shown, 0 or more
 * @param above room for marks above the highest
 */
export function scaleOf(values, width, above) {
  const top = Math.max(1, ...values);
  const bottom = height - margin.bottom;
  return {
    top, bottom,
    left: 12 + 7 * number(top).length,
    right: width - margin.right,
    y: value => bottom - (bottom - above) * (value / top),
  };
}

/**
 * @param summary read to screen readers
 * @param ends the names of the first and the last time
 * @param marks what stands between grid and times
 */
export function plot({ top, left, right, y }, width, summary, ends, ...marks) {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary },
    [0, top / 2, top].map(value => svg('g', {},
      svg('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
      Number.isInteger(value) ? svg('text', { class: 'axis end', x: left - 8, y: y(value) + 4 }, number(value)) : null)),
    marks,
    svg('text', { class: 'axis', x: left, y: height - 6 }, ends[0]),
    svg('text', { class: 'axis end', x: right, y: height - 6 }, ends[1]));
}
