// Do the books balance? All of them page by page, or those of one token; and the record that explains a difference.
import { announce, h, replace, slot } from '../lib/dom.js';
import { change, read } from '../lib/api.js';
import { here, number, time } from '../lib/format.js';
import { bookPages } from '../lib/pages.js';
import { address, go } from '../lib/router.js';
import { orNull, pause } from '../lib/waiting.js';
import { t } from '../lib/words.js';
import { keepVerification, lastVerification, verdictKind, verdictWords } from '../parts/books-state.js';
import { field, showFieldError, textInput, whileBusy } from '../parts/form.js';
import { heading, panel } from '../parts/heading.js';
import { ledgerExport } from '../parts/ledger-export.js';
import { load } from '../parts/load.js';
import { notice, problem } from '../parts/notice.js';
import { withProgress } from '../parts/progress.js';
import { table } from '../parts/table.js';

export const booksScreen = { title: 'books.title', show };

const shownProblems = 200;
const attempts = 5;
const pauseMilliseconds = 1000;

function show({ main, query, signal }) {
  const all = slot();
  const progress = slot();
  const one = slot();
  const token = textInput();
  const start = h('button', { class: 'button primary', type: 'button' }, t('books.verify'));
  const verify = last => whileBusy(start, async () => {
    await verifyAll(last, all, progress, signal);
    showLast(all, verify);
  });
  start.addEventListener('click', () => verify(newVerification()));
  const whole = ledgerExport(null, signal);
  const form = h('form', { class: 'filters' }, field('token', t('tokens.filter.token'), token), h('button', { class: 'button' }, t('books.verifyOne')));
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (token.value.trim() === '') {
      token.focus();
    } else {
      go('books', { token: token.value.trim() });
    }
  });

  function update(state, note = null) {
    const id = state.get('token') ?? '';
    token.value = id;
    replace(one);
    if (id !== '') {
      load(one, 3, async () => [note === null ? null : notice('good', note), await verifyOne(id, signal, () => update(state, t('mend.done')))]);
    }
  }

  replace(main,
    heading(t('books.title'), t('books.sentence')),
    panel(t('books.all'), h('div', { class: 'row' }, start), progress, all),
    panel(t('books.one'), form, one),
    panel(t('export.title'), h('p', { class: 'muted' }, t('export.hint')), h('div', { class: 'row' }, whole.button), whole.outcome));
  showLast(all, verify);
  update(query);
  return update;
}

function newVerification() {
  return { balanced: true, checked: 0, pending: 0, total: null, problems: [], isTruncated: false, isComplete: false, at: null, next: '', error: null };
}

/** Goes through all books, or through those behind `last.next`, and keeps what it found: also if it is stopped or fails. */
async function verifyAll(last, element, progress, signal) {
  const result = { ...last, problems: [...last.problems], error: null };
  replace(element);
  try {
    result.total ??= await orNull(countTokens(signal));
    result.isComplete = await withProgress(progress, t('books.verifying'), async (stopped, report) => {
      for await (const page of bookPages(result.next, AbortSignal.any([stopped, signal]))) {
        add(result, page);
        report(result.checked + result.pending, result.total);
      }
    }, { from: result.checked + result.pending });
  } catch (error) {
    result.error = error;
  }
  result.at = here(new Date());
  keepVerification(result);
  announce(verdictWords(result));
}

function add(result, page) {
  result.checked += page.checked_tokens;
  result.pending += page.pending_tokens;
  result.problems.push(...page.problems);
  result.isTruncated ||= page.truncated;
  // False wins over null, null over true.
  result.balanced = page.balanced === false || result.balanced === false ? false : result.balanced === null ? null : page.balanced;
  result.next = page.next;
}

async function countTokens(signal) {
  return (await read('/flow/tokens', { page_size: 1 }, signal)).count;
}

/** @param verify goes on with a verification that was stopped */
function showLast(element, verify) {
  const last = lastVerification();
  if (last === null) {
    replace(element, h('p', { class: 'muted' }, t('books.never')));
    return;
  }
  const count = number(last.checked + last.pending);
  replace(element,
    last.error === null ? null : problem(last.error),
    verdict(last),
    h('p', { class: 'muted' }, t('books.at'), ' ', time(last.at), ' · ',
      last.isComplete ? t('books.checked', { count, pending: number(last.pending) }) : t('books.far', { count, total: number(last.total) })),
    last.isComplete ? null : h('div', { class: 'row' }, h('button', { class: 'button', type: 'button', onclick: () => verify(last) }, t('goOn'))),
    problems(last.problems, last.isTruncated));
}

async function verifyOne(id, signal, again) {
  const report = await settledReport(id, signal);
  const result = { balanced: report.balanced, problems: report.problems, isComplete: true };
  return [
    verdict(result),
    h('p', {}, h('a', { href: address('token', { id }) }, t('books.token'))),
    problems(report.problems, report.truncated),
    report.balanced === false ? mendForm(id, again) : null,
  ];
}

/** The report on a token. Changes on the way to SQL come within moments, so it asks again for a while if there are some. */
async function settledReport(id, signal) {
  for (let attempt = 1; ; attempt++) {
    const report = await read('/flow/quota/verify', { token: id }, signal);
    if (report.balanced !== null || attempt === attempts) {
      return report;
    }
    await pause(pauseMilliseconds, signal);
  }
}

function verdict(result) {
  const kind = { good: 'good', bad: 'danger', warn: 'warning' }[verdictKind(result)];
  return notice(kind, h('strong', {}, verdictWords(result)));
}

function problems(list, isTruncated) {
  if (list.length === 0) {
    return null;
  }
  return [
    table({
      caption: t('books.problems'),
      empty: '',
      rows: list.slice(0, shownProblems),
      columns: [
        { title: t('token.id'), cell: row => row.token === null ? t('books.noToken') : h('a', { href: address('books', { token: row.token }) }, h('code', {}, row.token)) },
        { title: t('books.epoch'), kind: 'number', cell: row => row.epoch === null ? null : number(row.epoch) },
        { title: t('books.seq'), kind: 'number', cell: row => row.seq === null ? null : number(row.seq) },
        { title: t('books.problem'), cell: row => h('code', {}, row.problem) },
        { title: t('health.detail'), kind: 'long', cell: row => h('span', { lang: 'en' }, row.detail) },
      ],
    }),
    isTruncated || list.length > shownProblems ? h('p', { class: 'fine' }, t('books.truncated')) : null,
  ];
}

function mendForm(id, again) {
  const reason = textInput();
  const outcome = slot();
  const button = h('button', { class: 'button primary' }, t('mend.do'));
  const form = h('form', { class: 'stack', novalidate: true },
    h('h3', {}, t('mend.title')), h('p', { class: 'muted' }, t('mend.hint')),
    field('reason', t('mend.reason'), reason), h('div', { class: 'row' }, button), outcome);
  form.addEventListener('submit', event => {
    event.preventDefault();
    whileBusy(button, async () => {
      try {
        await change('POST', '/flow/quota/verify/mend', { token: id, reason: reason.value });
        again();
      } catch (error) {
        if (!showFieldError(form, error)) {
          replace(outcome, problem(error, { isChange: true }));
        }
      }
    });
  });
  return form;
}
