// The top of a screen: its title, a sentence, and what one can do there.
import { h } from '../lib/dom.js';

export function heading(title, sentence = null, ...actions) {
  return h('div', { class: 'heading' },
    h('div', {}, h('h1', {}, title), sentence ? h('p', { class: 'muted' }, sentence) : null),
    actions.length > 0 ? h('div', { class: 'row' }, actions) : null);
}

/** A titled part of a screen. */
export function panel(title, ...content) {
  return h('section', { class: 'panel' }, h('h2', {}, title), content);
}
