// How a quota refills, and when it does next.
import { number, time } from '../lib/format.js';
import { t } from '../lib/words.js';

export const units = ['hour', 'day', 'week', 'month', 'year'];

/** Rows for a list of facts; none for a token without periods. */
export function periodFacts(token) {
  const period = token.period;
  if (!period) {
    return [];
  }
  const values = { amount: number(period.amount), every: number(period.every) };
  const often = period.every === 1 ? t(`every.${period.unit}`, values) : t(`few.${period.unit}`, values);
  return [
    [t('period.refills'), `${often} · ${period.time_zone}`],
    [t('period.next'), time(period.ends_at)],
    [t('period.carryOver'), period.carry_over === null ? t('period.all') : number(period.carry_over)],
    [t('period.bought'), number(token.bought_quota)],
  ];
}
