// Work that takes long: how far it is, how long it may still take, and a button that stops it.
import { h, replace } from '../lib/dom.js';
import { duration, number } from '../lib/format.js';
import { t } from '../lib/words.js';

/**
 * Runs work and shows how far it is, in an element.
 * @param work async (signal, report) => …; report(done, total) after each step; total is null if it is not known
 * @param from how much was done before, by work that was stopped and now goes on
 * @returns true if it came to its end, false if it was stopped
 */
export async function withProgress(element, label, work, { from = 0 } = {}) {
  const stop = new AbortController();
  const started = performance.now();
  const meter = h('progress', { 'aria-label': label });
  const words = h('span', { class: 'muted' }, label);
  replace(element, h('div', { class: 'progress' }, meter, words,
    h('button', { class: 'button', type: 'button', onclick: () => stop.abort() }, t('stop'))));
  try {
    await work(stop.signal, (done, total) => {
      showFigures(meter, words, label, done, total);
      const seconds = (performance.now() - started) / 1000;
      if (done > from && total > done) {
        words.append(` · ${t('progress.left', { time: duration(seconds / (done - from) * (total - done)) })}`);
      }
    });
    return true;
  } catch (error) {
    if (error.name === 'AbortError') {
      return false;
    }
    throw error;
  } finally {
    replace(element);
  }
}

function showFigures(meter, words, label, done, total) {
  if (total === null) {
    // A meter without a value shows that something is done, and not how much of it.
    meter.removeAttribute('value');
    replace(words, t('progress.unknown', { label, done: number(done) }));
    return;
  }
  // More may have come since they were counted.
  const known = Math.max(done, total);
  meter.max = Math.max(1, known);
  meter.value = done;
  replace(words, t('progress', { label, done: number(done), total: number(known) }));
}
