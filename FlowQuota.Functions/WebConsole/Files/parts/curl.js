// The same request as a line for a terminal, kept up to date while a form is filled in.
import { h, replace } from '../lib/dom.js';
import { t } from '../lib/words.js';
import { copyButton } from './form.js';

const root = new URL('../../', import.meta.url);

/** @returns { element, show(body) } */
export function curlOf(method, path) {
  const line = h('code', {}, '');
  const element = h('aside', { class: 'panel curl', 'aria-label': t('curl') },
    h('div', { class: 'row between' }, h('h2', {}, t('curl')), copyButton(() => line.textContent)),
    h('pre', { tabindex: '0' }, line), h('p', { class: 'fine' }, t('curl.hint')));
  return { element, show: body => replace(line, curlLine(method, path, body)) };
}

export function curlLine(method, path, body) {
  const url = new URL(path.replace(/^\//, ''), root);
  return [
    `curl -s ${method === 'POST' ? '' : `-X ${method} `}${quote(url.href)}`,
    `-H "Authorization: Bearer $ADMIN_TOKEN"`,
    `-H "Content-Type: application/json"`,
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** A word for the shell, in which nothing is special. */
function quote(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
