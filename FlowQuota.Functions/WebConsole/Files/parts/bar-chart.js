// A figure over time: a bar for each bucket, with a mark where calls were refused.
import { h, replace, svg } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { zone } from '../lib/server.js';
import { t } from '../lib/words.js';

const height = 200;
const margin = { right: 8, top: 18, bottom: 24 };

/**
 * @param bars [{ name, value, refused, words }], in their order; words are shown under the pointer
 * @param label what the bars show
 * @param summary read to screen readers
 */
export function barChart({ bars, label, summary }) {
  const frame = h('div', { class: 'chart' });
  // Drawn for the width that there is, so that its words stay readable on a phone.
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 0) {
      replace(frame, drawing(bars, width, summary));
    }
  }).observe(frame);
  return h('figure', {}, frame,
    h('figcaption', { class: 'legend muted' },
      h('span', { class: 'key block' }, label),
      h('span', { class: 'key mark' }, t('usage.refused')),
      h('span', { class: 'zone' }, zone())));
}

function drawing(bars, width, summary) {
  const top = Math.max(1, ...bars.map(bar => bar.value));
  const left = 12 + 7 * number(top).length;
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const step = (right - left) / bars.length;
  const y = value => bottom - (bottom - margin.top) * (value / top);

  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary },
    [0, top / 2, top].map(value => svg('g', {},
      svg('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
      Number.isInteger(value) ? svg('text', { class: 'axis end', x: left - 8, y: y(value) + 4 }, number(value)) : null)),
    bars.map((bar, index) => {
      const start = left + index * step;
      return svg('g', {},
        svg('title', {}, bar.words),
        // The whole height takes the pointer, also of a bar that is low.
        svg('rect', { class: 'reach', x: start, y: 0, width: step, height: bottom }),
        svg('rect', { class: 'column', x: start + step / 8, y: y(bar.value), width: step * 3 / 4, height: bottom - y(bar.value) }),
        bar.refused > 0 ? svg('path', { class: 'refused', d: triangle(start + step / 2, y(bar.value) - 4) }) : null);
    }),
    svg('text', { class: 'axis', x: left, y: height - 6 }, bars[0].name),
    svg('text', { class: 'axis end', x: right, y: height - 6 }, bars.at(-1).name));
}

/** One that points down to a place. */
function triangle(x, y) {
  return `M${x} ${y}l-4 -8h8z`;
}
