// What verifying found, for as long as this tab is open.
import { t } from '../lib/words.js';

let last = null;

/**
 * The last look through all books: { balanced, checked, pending, total, problems, isTruncated, isComplete, at, next, error }; null = none
 * in this tab. One that is not complete goes on behind the token `next`.
 */
export function lastVerification() {
  return last;
}

export function keepVerification(result) {
  last = result;
}

/** 'good', 'bad', or 'warn' if nothing is certain: one that was stopped proves nothing of the rest. */
export function verdictKind({ balanced, isComplete }) {
  return balanced === false ? 'bad' : balanced === true && isComplete ? 'good' : 'warn';
}

/** The same in a sentence. */
export function verdictWords({ balanced, isComplete }) {
  if (balanced === false) {
    return t('books.unbalanced');
  }
  if (!isComplete) {
    return t('books.stopped');
  }
  return balanced === true ? t('books.balanced') : t('books.pending');
}
