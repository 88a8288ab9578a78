// Shows grey bars of the size to come while something is loaded, so that nothing jumps, then the thing or what went wrong.
import { h, replace } from '../lib/dom.js';
import { t } from '../lib/words.js';
import { problem } from './notice.js';
import { badge } from './quota.js';

/**
 * Fills an element with what `make` gives. A newer call for the same element wins over an older one.
 * @param lines how many grey bars
 */
export async function load(element, lines, make) {
  const turn = Symbol('turn');
  element.loadTurn = turn;
  element.setAttribute('aria-busy', 'true');
  if (!element.hasChildNodes()) {
    replace(element, skeleton(lines));
  }
  try {
    const content = await make();
    if (element.loadTurn === turn) {
      replace(element, content);
    }
  } catch (error) {
    if (error.name !== 'AbortError' && element.loadTurn === turn) {
      replace(element, h('p', {}, badge('off', t('unavailable'))), problem(error), h('button', { class: 'button', type: 'button', onclick: () => load(element, lines, make) }, t('again')));
    }
  } finally {
    if (element.loadTurn === turn) {
      element.removeAttribute('aria-busy');
    }
  }
}

export function skeleton(lines) {
  return h('div', { class: 'skeleton', 'aria-hidden': 'true' }, Array.from({ length: lines }, () => h('span')));
}
