// A table with a caption and scoped headings. Where the page is narrow its rows are shown as cards (styles/parts.css), which
// is why the roles that a table has anyway are written out.
import { h } from '../lib/dom.js';
import { zone } from '../lib/server.js';

const sliceOfRows = 200;

/**
 * @param caption read to screen readers
 * @param columns [{ title, zoned, cell(row), kind }]; zoned adds the zone of its times to the title; kind is 'number' (aligned
 *   right), 'text' or 'long' (may wrap); the first column heads its row
 * @param empty what to say without rows
 */
export function table({ caption, columns, rows, empty }) {
  if (rows.length === 0) {
    return h('div', { class: 'empty' }, empty);
  }
  return h('div', { class: 'table-frame', role: 'region', 'aria-label': caption, tabindex: '0' },
    h('table', { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map(column =>
        h('th', { scope: 'col', role: 'columnheader', class: column.kind }, column.title, column.zoned ? [' ', h('span', { class: 'zone' }, zone())] : null)))),
      appendRows(h('tbody', { role: 'rowgroup' }), columns, rows, 0)));
}

/** Adds rows slice by slice, so that a page of a thousand does not keep the browser from answering. */
function appendRows(body, columns, rows, from) {
  body.append(...rows.slice(from, from + sliceOfRows).map(row => h('tr', { role: 'row' }, columns.map((column, index) =>
    bodyCell(column, index === 0, column.cell(row))))));
  if (from + sliceOfRows < rows.length) {
    setTimeout(() => appendRows(body, columns, rows, from + sliceOfRows));
  }
  return body;
}

function bodyCell(column, isFirst, content) {
  const attributes = { class: column.kind, 'data-title': column.zoned ? `${column.title} (${zone()})` : column.title };
  return isFirst
    ? h('th', { scope: 'row', role: 'rowheader', ...attributes }, content)
    : h('td', { role: 'cell', ...attributes }, content);
}

/** Pairs of a word and a figure. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}
