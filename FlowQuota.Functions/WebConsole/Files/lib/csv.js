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
  return line(names) + lines(names, rows);
}

/** The rows without a line of names, for a file that is written part by part. */
export function lines(names, rows) {
  return rows.map(row => line(names.map(name => row[name]))).join('');
}

function line(cells) {
  return cells.map(cell).join(',') + columnsEnd;
}

/** Hands a file to the browser to save, as one text or as its parts. */
export function save(fileName, ...parts) {
  // The mark tells spreadsheets that it is UTF-8.
  const url = URL.createObjectURL(new Blob(['\uFEFF', ...parts], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
