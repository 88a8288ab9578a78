// Shows what is left of a quota: as a bar, and in words.
import { h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { t } from '../lib/words.js';

/** Below this part of the total a token is nearly empty. */
export const lowPart = 0.1;

export function isLow(token) {
  return typeof token.remaining_quota === 'number' && token.remaining_quota <= token.total_quota * lowPart;
}

/** A bar with its figures, for a list. */
export function quotaBar(token) {
  if (token.quota_type === 'time') {
    return h('span', { class: 'muted' }, t('quota.byTime'));
  }
  return h('span', { class: 'quota' },
    bar(token),
    h('span', { class: 'figures' }, number(token.remaining_quota), h('span', { class: 'muted' }, ` / ${number(token.total_quota)}`)));
}

/** What was used of a quota, and what reservations hold of it. */
export function usage(quota) {
  const reserved = quota.reserved_quota ?? 0;
  const used = t('balance.used', { used: number(quota.total_quota - quota.remaining_quota - reserved) });
  return h('p', { class: 'muted' }, reserved > 0 ? `${used} · ${t('balance.reserved', { reserved: number(reserved) })}` : used);
}

/** The bar alone; what it says is beside it in figures. */
export function bar(token) {
  const part = token.total_quota > 0 ? Math.max(0, Math.min(1, token.remaining_quota / token.total_quota)) : 0;
  const fill = h('span', { class: 'fill' });
  fill.style.inlineSize = `${part * 100}%`;
  return h('span', { class: `bar ${isLow(token) ? 'low' : ''}`, 'aria-hidden': 'true' }, fill);
}

/** Active, disabled or ended, as a word in a colour. `now` is a time of the API. */
export function stateBadge(token, now) {
  if (!token.is_active) {
    return badge('off', t('state.disabled'));
  }
  if (token.quota_type !== 'count' && token.expires_at && now && token.expires_at <= now) {
    return badge('off', t('state.ended'));
  }
  if (token.quota_type !== 'time' && token.remaining_quota === 0) {
    return badge('bad', t('state.empty'));
  }
  return isLow(token) ? badge('warn', t('state.low')) : badge('good', t('state.active'));
}

export function badge(kind, text) {
  return h('span', { class: `badge ${kind}` }, text);
}
