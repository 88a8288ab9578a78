// Work that takes long: how far it is, how long it may still take, and a button that stops it.
import { h, replace } from '../lib/dom.js';
import { duration, number } from '../lib/format.js';
import { t } from '../lib/words.js';

/**
 * Runs work and shows how far it is, in an element.
 * @param work async (signal, report) => …; report(done, total) after each step
 * @returns true if it came to its end, false if it was stopped
 */
export async function withProgress(element, label, work) {
  const stop = new AbortController();
  const started = performance.now();
  const meter = h('progress', { 'aria-label': label });
  const words = h('span', { class: 'muted' }, label);
  replace(element, h('div', { class: 'progress' }, meter, words,
    h('button', { class: 'button', type: 'button', onclick: () => stop.abort() }, t('stop'))));
  try {
    await work(stop.signal, (done, total) => {
      const known = Math.max(done, total ?? 0);
      meter.max = Math.max(1, known);
      meter.value = done;
      const seconds = (performance.now() - started) / 1000;
      const rest = done > 0 && known > done ? duration(seconds / done * (known - done)) : null;
      replace(words, t('progress', { label, done: number(done), total: number(known) }), rest ? ` · ${t('progress.left', { time: rest })}` : '');
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
