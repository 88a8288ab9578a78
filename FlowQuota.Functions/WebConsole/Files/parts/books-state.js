// What verifying found, for as long as this tab is open.

let last = null;

/** The last look through all books: { balanced, checked, pending, problems, at, isComplete }; null = none in this tab. */
export function lastVerification() {
  return last;
}

export function keepVerification(result) {
  last = result;
}
