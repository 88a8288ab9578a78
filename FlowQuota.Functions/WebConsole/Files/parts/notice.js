// Says what went wrong or what must be known.
import { h } from '../lib/dom.js';
import { t } from '../lib/words.js';

/** A box with a sentence; kind is 'info', 'warning' or 'danger'. */
export function notice(kind, ...content) {
  return h('div', { class: `notice ${kind}`, role: kind === 'danger' ? 'alert' : null }, content);
}

/** What an error says. The API's own words are English whatever the page's language. */
export function problem(error, { isChange = false } = {}) {
  return notice('danger',
    h('p', {}, h('strong', {}, heading(error)), ' ', h('span', { lang: 'en' }, error.status === 0 ? '' : error.message)),
    error.retryAfter ? h('p', {}, t('problem.retryAfter', { seconds: error.retryAfter })) : null,
    isChange && error.isUnresolved ? h('p', {}, t('problem.repeat')) : null,
    error.requestId ? h('p', { class: 'fine' }, t('problem.requestId'), ' ', h('code', {}, error.requestId)) : null);
}

function heading(error) {
  if (error.status === 0) {
    return t('problem.noAnswer');
  }
  return error.status === 503 ? t('problem.unavailable') : t('problem.refused', { type: error.type ?? error.name });
}
