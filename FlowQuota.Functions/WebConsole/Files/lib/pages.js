// Goes through lists of the API page by page.
import { read, readText } from './api.js';

export const largestPage = 1000;
const largestChunk = 5000;

/** Tokens page by page; each item is { tokens, seen, count }. */
export async function* tokenPages(filters, signal) {
  let seen = 0;
  for (let page = 1; ; page++) {
    const data = await read('/flow/tokens', { ...filters, page, page_size: largestPage }, signal);
    seen += data.tokens.length;
    yield { tokens: data.tokens, seen, count: data.count };
    if (page >= data.total_pages) {
      return;
    }
  }
}

/** Rows of the ledger chunk by chunk, oldest first; each item is { rows, next }, and next is the `after` of the chunk behind it. */
export async function* ledgerChunks(token, after, signal) {
  for (let next = after; next !== null;) {
    const chunk = await readText('/flow/ledger', { token, after: next, limit: largestChunk }, signal);
    next = chunk.next;
    yield { rows: chunk.text.split('\n').filter(line => line !== '').map(line => JSON.parse(line)), next };
  }
}

/** The books page by page, behind the token `after`; each item is a report of the API. */
export async function* bookPages(after, signal) {
  do {
    const report = await read('/flow/quota/verify', { after, page_size: 200 }, signal);
    yield report;
    after = report.next;
  } while (after !== null);
}
