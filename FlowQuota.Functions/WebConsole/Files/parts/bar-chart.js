// A figure over time: a bar for each bucket, with a mark where calls were refused.
import { h, svg } from '../lib/dom.js';
import { zone } from '../lib/server.js';
import { t } from '../lib/words.js';
import { chartFrame, plot, scaleOf } from './chart-frame.js';

/**
 * @param bars [{ name, value, refused, words }], in their order; words are shown under the pointer
 * @param label what the bars show
 * @param summary read to screen readers
 */
export function barChart({ bars, label, summary }) {
  return chartFrame(width => drawing(bars, width, summary),
    h('span', { class: 'key block' }, label),
    h('span', { class: 'key mark' }, t('usage.refused')),
    h('span', { class: 'zone' }, zone()));
}

function drawing(bars, width, summary) {
  const scale = scaleOf(bars.map(bar => bar.value), width, 18);
  const { left, right, bottom, y } = scale;
  const step = (right - left) / bars.length;

  return plot(scale, width, summary, [bars[0].name, bars.at(-1).name], bars.map((bar, index) => {
    const start = left + index * step;
    return svg('g', {},
      svg('title', {}, bar.words),
      // The whole height takes the pointer, also of a bar that is low.
      svg('rect', { class: 'reach', x: start, y: 0, width: step, height: bottom }),
      svg('rect', { class: 'column', x: start + step / 8, y: y(bar.value), width: step * 3 / 4, height: bottom - y(bar.value) }),
      bar.refused > 0 ? svg('path', { class: 'refused', d: triangle(start + step / 2, y(bar.value) - 4) }) : null);
  }));
}

/** One that points down to a place. */
function triangle(x, y) {
  return `M${x} ${y}l-4 -8h8z`;
}
