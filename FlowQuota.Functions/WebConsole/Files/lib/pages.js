// Goes through lists of the API page by page.
import { read } from './api.js';

export const largestPage = 1000;

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

/** The books page by page; each item is a report of the API. */
export async function* bookPages(signal) {
  let after = '';
  do {
    const report = await read('/flow/quota/verify', { after, page_size: 200 }, signal);
    yield report;
    after = report.next;
  } while (after !== null);
}
