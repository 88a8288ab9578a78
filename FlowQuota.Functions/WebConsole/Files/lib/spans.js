// The times that a usage report can show, and the same time before each, by the clocks of the API's zone.
import { here, instant } from './format.js';

/** Hours, days or months that end with the quarter of an hour that is under way. */
const spans = {
  '24h': { granularity: 'hour', length: 24 },
  '7d': { granularity: 'day', length: 7 },
  '30d': { granularity: 'day', length: 30 },
  '12m': { granularity: 'month', length: 12 },
};

export const spanNames = Object.keys(spans);

/** { granularity, now: { from, to }, before: { from, to } }; the times are as the API takes them. */
export function spanOf(name) {
  const { granularity, length } = spans[name];
  const end = new Date(instant(here(new Date())));
  end.setUTCMinutes(15 * (Math.floor(end.getUTCMinutes() / 15) + 1), 0, 0);
  const start = shift(startOf(new Date(end - 1), granularity), granularity, 1 - length);
  return {
    granularity,
    now: { from: text(start), to: text(end) },
    before: { from: text(shift(start, granularity, -length)), to: text(shift(end, granularity, -length)) },
  };
}

/** The start of a bucket as a chart or a table names it. */
export function bucketName(granularity, startsAt) {
  return startsAt.slice(0, { hour: 16, day: 10, month: 7 }[granularity]);
}

function startOf(time, granularity) {
  const [year, month, day, hour] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate(), time.getUTCHours()];
  return new Date(granularity === 'hour' ? Date.UTC(year, month, day, hour) : Date.UTC(year, month, granularity === 'day' ? day : 1));
}

function shift(time, granularity, count) {
  const shifted = new Date(time);
  if (granularity === 'month') {
    shifted.setUTCMonth(shifted.getUTCMonth() + count);
  } else {
    shifted.setTime(shifted.getTime() + count * (granularity === 'day' ? 86_400_000 : 3_600_000));
  }
  return shifted;
}

function text(time) {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
