// Writes figures and times. A figure that is missing is "unavailable", never 0.
import { h } from './dom.js';
import { zone } from './server.js';
import { language, t } from './words.js';

const formats = new Map();

/** A whole number in the language's way. */
export function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? format('auto').format(value) : t('unavailable');
}

/** A figure with its sign: +10, -3. */
export function signed(value) {
  return typeof value === 'number'
    ? format('exceptZero').format(value).replace('-', '\u2212')
    : t('unavailable');
}

/** How far a figure is from an earlier one, in percent: +12.5%. */
export function percentChange(now, before) {
  return typeof now === 'number' && before > 0
    ? format('exceptZero', 'percent').format((now - before) / before).replace('-', '\u2212')
    : t('unavailable');
}

// Making one takes longer than a row of a table does.
function format(signDisplay, style = 'decimal') {
  const key = `${language()} ${signDisplay} ${style}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(language(), { signDisplay, style, maximumFractionDigits: style === 'percent' ? 1 : undefined }));
  }
  return formats.get(key);
}

/** A time of the API, with its zone beside it; without one, the words for `none`. */
export function time(text, none = t('unavailable')) {
  return text ? h('span', { class: 'time' }, h('time', { datetime: text }, text), ' ', h('span', { class: 'zone' }, zone())) : none;
}

/** A time of the API alone, for a column whose title has the zone. */
export function bareTime(text, none = t('unavailable')) {
  return text ? h('time', { datetime: text }, text) : none;
}

/** Milliseconds since 1970 of a time of the API, as if its zone were UTC: good for distances between two of them. */
export function instant(text) {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

/** A time of the browser's clock in the API's zone, as the API would write it. */
export function here(date) {
  const parts = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone() });
  return parts.format(date);
}

/** A duration in words: 45 s, 3 min. */
export function duration(seconds) {
  return seconds < 90 ? t('seconds', { count: number(Math.max(1, Math.round(seconds))) }) : t('minutes', { count: number(Math.round(seconds / 60)) });
}
