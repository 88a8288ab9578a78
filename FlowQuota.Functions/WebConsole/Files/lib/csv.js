// Writes CSV files (RFC 4180) that a spreadsheet takes as data and never as a formula.

const columnsEnd = '\r\n';

/** One cell. A text that begins with = + - @ gets a leading ', or a spreadsheet would compute it. */
export function cell(value) {
  if (value === null || value === undefined) {
    return '';
  }
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) {
    text = `'${text}`;
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(names, rows) {
  return [names, ...rows.map(row => names.map(name => row[name]))]
    .map(cells => cells.map(cell).join(',') + columnsEnd).join('');
}

/** Hands a text to the browser as a file to save. */
export function save(fileName, text) {
  // The mark tells spreadsheets that it is UTF-8.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
