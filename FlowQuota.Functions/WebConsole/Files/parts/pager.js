// Links to the page before and after; the page is in the address.
import { h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { withState } from '../lib/router.js';
import { t } from '../lib/words.js';

export function pager({ page, pages, count }) {
  const link = (label, to) => to >= 1 && to <= pages
    ? h('a', { class: 'button', href: withState({ page: to === 1 ? null : to }) }, label)
    : h('span', { class: 'button off', 'aria-hidden': 'true' }, label);
  return h('nav', { class: 'pager', 'aria-label': t('pager') },
    h('span', { class: 'muted' }, t('pager.where', { page: number(pages === 0 ? 0 : page), pages: number(pages), count: number(count) })),
    pages > 1 ? h('span', { class: 'row' }, link(t('pager.before'), Math.min(page - 1, pages)), link(t('pager.next'), page + 1)) : null);
}
