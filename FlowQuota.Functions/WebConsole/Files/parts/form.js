// Fields with labels and hints, and the API's own words beside the field that they are about.
import { h, newId, replace } from '../lib/dom.js';
import { t } from '../lib/words.js';

/**
 * A label with a control. `name` is the API's name of the field.
 * @param control an input, select or textarea
 */
export function field(name, label, control, hint = null) {
  const id = newId(name);
  control.id = id;
  control.dataset.field = name;
  control.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
  return h('div', { class: 'field' },
    h('label', { for: id }, label),
    control,
    h('p', { class: 'hint', id: `${id}-hint` }, hint ?? ''),
    h('p', { class: 'field-error', id: `${id}-error`, lang: 'en' }));
}

export function textInput(attributes = {}) {
  return h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', ...attributes });
}

/** A field for a secret: shown as dots, kept by no browser. */
export function secretInput(attributes = {}) {
  return textInput({ type: 'password', autocomplete: 'off', autocapitalize: 'off', ...attributes });
}

/** @param options [[value, words], …] */
export function select(options, value, attributes = {}) {
  const control = h('select', attributes, options.map(([key, words]) => h('option', { value: key }, words)));
  control.value = value ?? options[0][0];
  return control;
}

/** Several words of which one is chosen; gives { element, value() }. */
export function choice(name, label, options, onchange) {
  const group = newId(name);
  const inputs = options.map(([value, words, hint], index) => {
    const input = h('input', { type: 'radio', name: group, value, checked: index === 0, onchange });
    return h('label', { class: 'choice' }, input, h('span', {}, h('strong', {}, words), hint ? h('small', {}, hint) : null));
  });
  const element = h('fieldset', { class: 'choices' }, h('legend', {}, label), inputs);
  return { element, value: () => element.querySelector('input:checked').value };
}

/** Puts what the API says about a field beside it and goes there. False if it is about none of the form's fields. */
export function showFieldError(form, error) {
  clearFieldErrors(form);
  if (error.type !== 'ValidationError') {
    return false;
  }
  // A list is one control: tags[2] is about tags.
  const name = error.message.split(' ', 1)[0].replace(/\[\d+\]$/, '');
  const control = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (control === null || control.closest('[hidden]') !== null) {
    return false;
  }
  document.getElementById(`${control.id}-error`).textContent = error.message;
  control.setAttribute('aria-invalid', 'true');
  control.focus();
  return true;
}

export function clearFieldErrors(form) {
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid');
    document.getElementById(`${control.id}-error`).textContent = '';
  }
}

/** A figure as typed: a number if it is one, else the text, about which the API then says what it expects. Empty = undefined. */
export function figure(control) {
  const text = control.value.trim();
  if (text === '') {
    return undefined;
  }
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Keeps a button from being pressed twice while something is under way. */
export async function whileBusy(button, work) {
  button.disabled = true;
  button.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    button.disabled = false;
    button.removeAttribute('aria-busy');
  }
}

/** A button that copies a text. */
export function copyButton(text, label = t('copy'), kind = '') {
  const button = h('button', { class: `button ${kind}`, type: 'button' }, label);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      replace(button, t('copied'));
    } catch {
      // No clipboard without https; the text is there to be selected.
      replace(button, t('copyByHand'));
    }
    setTimeout(() => replace(button, label), 2000);
  });
  return button;
}
