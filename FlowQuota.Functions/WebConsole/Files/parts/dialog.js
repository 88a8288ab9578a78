// Asks before something that cannot be undone.
import { h, newId } from '../lib/dom.js';
import { field, textInput } from './form.js';
import { t } from '../lib/words.js';

/**
 * Gives true if it was confirmed.
 * @param typed a text that must be typed first; null = none
 */
export function ask({ title, text, confirm, typed = null }) {
  return new Promise(resolve => {
    const input = typed === null ? null : textInput({ oninput: () => { yes.disabled = input.value.trim() !== typed; } });
    const yes = h('button', { class: 'button danger', disabled: typed !== null }, confirm);
    const titleId = newId('dialog');
    const dialog = h('dialog', { 'aria-labelledby': titleId, onclose: () => finish(false) },
      h('form', { onsubmit: event => { event.preventDefault(); finish(true); } },
        h('h2', { id: titleId }, title),
        h('p', {}, text),
        input === null ? null : field('typed', t('dialog.type', { text: typed }), input),
        h('div', { class: 'row end' },
          h('button', { class: 'button', type: 'button', onclick: () => finish(false) }, t('cancel')), yes)));

    function finish(answer) {
      resolve(answer);
      // Closing gives the focus back to what had it.
      dialog.close();
      dialog.remove();
    }

    document.body.append(dialog);
    dialog.showModal();
  });
}
