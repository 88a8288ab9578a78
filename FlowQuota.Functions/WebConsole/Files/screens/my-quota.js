// What the holder of a token has left.
import { h, replace, slot } from '../lib/dom.js';
import { readAsHolder } from '../lib/api.js';
import { here, number, time } from '../lib/format.js';
import { t } from '../lib/words.js';
import { heading, panel } from '../parts/heading.js';
import { load } from '../parts/load.js';
import { periodFacts } from '../parts/period.js';
import { bar, stateBadge, usage } from '../parts/quota.js';
import { facts } from '../parts/table.js';

export const myQuotaScreen = { title: 'mine.title', show };

function show({ main, signal }) {
  const balance = slot();
  const refresh = () => load(balance, 6, async () => balanceOf(await readAsHolder('/flow/quota', signal)));
  replace(main,
    heading(t('mine.title'), null, h('button', { class: 'button', type: 'button', onclick: refresh }, t('refresh'))),
    h('div', { class: 'narrow' }, panel(t('token.balance'), balance)));
  refresh();
}

function balanceOf(quota) {
  return [
    quota.quota_type === 'time'
      ? h('p', { class: 'figure' }, t('quota.byTime'))
      : [
        h('p', { class: 'figure' }, number(quota.remaining_quota), ' ', h('small', {}, t('balance.of', { total: number(quota.total_quota) }))),
        bar(quota),
        usage(quota),
      ],
    facts([
      [t('token.state'), stateBadge(quota, here(new Date()))],
      [t('token.type'), t(`type.${quota.quota_type}`)],
      ...periodFacts(quota),
      [t('token.ends'), quota.quota_type === 'count' ? t('never') : time(quota.expires_at, t('never'))],
      quota.quota_type === 'time' ? null : [t('token.synced'), time(quota.quota_synced_at)],
    ]),
  ];
}
