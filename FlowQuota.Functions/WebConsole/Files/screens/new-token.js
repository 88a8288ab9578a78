// Makes a token. Its secret is shown once, on this screen, and then never again.
import { h, replace, slot } from '../lib/dom.js';
import { change } from '../lib/api.js';
import { zone } from '../lib/server.js';
import { t } from '../lib/words.js';
import { curlOf } from '../parts/curl.js';
import { choice, field, figure, select, showFieldError, textInput, whileBusy } from '../parts/form.js';
import { heading } from '../parts/heading.js';
import { notice, problem } from '../parts/notice.js';
import { units } from '../parts/period.js';
import { showSecret } from '../parts/secret.js';

export const newTokenScreen = { title: 'new.title', show };

function show({ main }) {
  const inputs = {
    ws_id: textInput(), email: textInput({ inputmode: 'email' }), name: textInput(), tags: textInput(), total_quota: textInput({ inputmode: 'numeric' }),
    days: textInput({ inputmode: 'numeric' }), specific_date: h('input', { type: 'datetime-local', step: 1 }),
    unit: select([['', t('unit.never')], ...units.map(unit => [unit, t(`unit.${unit}`)])], ''),
    carry_over: textInput({ inputmode: 'numeric' }),
    rate_limit_per_minute: textInput({ inputmode: 'numeric' }), rate_limit_burst: textInput({ inputmode: 'numeric' }),
    rate_limit_window_seconds: textInput({ inputmode: 'numeric', placeholder: '60' }),
  };
  const type = choice('quota_type', t('new.type'), [
    ['count', t('type.count'), t('type.count.hint')], ['time', t('type.time'), t('type.time.hint')], ['hybrid', t('type.hybrid'), t('type.hybrid.hint')],
  ], adapt);
  const ends = choice('operation', t('new.ends'), [
    ['unlimited', t('ends.unlimited')], ['add', t('ends.add')], ['set', t('ends.set')],
  ], adapt);
  const total = field('total_quota', t('new.total'), inputs.total_quota, t('new.total.hint'));
  const unit = field('period.unit', t('new.refills'), inputs.unit, t('new.refills.hint', { zone: zone() }));
  const carryOver = field('period.carry_over', t('period.carryOver'), inputs.carry_over, t('new.carryOver.hint'));
  const days = field('days', t('new.days'), inputs.days);
  const date = field('specific_date', t('new.date'), inputs.specific_date, t('zone', { zone: zone() }));
  const curl = curlOf('POST', '/flow/tokens');
  const outcome = slot();
  const button = h('button', { class: 'button primary' }, t('new.do'));

  const form = h('form', { class: 'stack', novalidate: true, oninput: adapt },
    section(t('new.who'), field('ws_id', t('token.workspace'), inputs.ws_id, t('new.workspace.hint')), field('email', t('token.email'), inputs.email)),
    section(t('new.howMuch'), type.element, total, unit, carryOver),
    section(t('new.howLong'), ends.element, days, date),
    section(t('new.howFast'), h('div', { class: 'three' },
      field('rate_limit_per_minute', t('new.rate'), inputs.rate_limit_per_minute, t('new.rate.hint')),
      field('rate_limit_window_seconds', t('new.window'), inputs.rate_limit_window_seconds, t('new.window.hint')),
      field('rate_limit_burst', t('new.burst'), inputs.rate_limit_burst, t('new.burst.hint')))),
    section(t('new.described'),
      field('name', t('token.name'), inputs.name, t('new.name.hint')), field('tags', t('token.tags'), inputs.tags, t('new.tags.hint'))),
    outcome, h('div', { class: 'row' }, button));

  function body() {
    const tags = inputs.tags.value.split(/[\s,]+/).filter(Boolean);
    const refills = inputs.unit.value !== '' && type.value() !== 'time';
    return {
      ws_id: inputs.ws_id.value,
      email: inputs.email.value.trim(),
      name: inputs.name.value.trim() || undefined,
      tags: tags.length > 0 ? tags : undefined,
      quota_type: type.value(),
      total_quota: refills || type.value() === 'time' ? undefined : figure(inputs.total_quota),
      period: refills ? { unit: inputs.unit.value, amount: figure(inputs.total_quota), carry_over: figure(inputs.carry_over) } : undefined,
      operation: ends.value(),
      days: ends.value() === 'add' ? figure(inputs.days) : undefined,
      specific_date: ends.value() === 'set' ? inputs.specific_date.value.replace('T', ' ').replace(/^(.{16})$/, '$1:00') : undefined,
      rate_limit_per_minute: figure(inputs.rate_limit_per_minute),
      rate_limit_burst: figure(inputs.rate_limit_burst),
      rate_limit_window_seconds: figure(inputs.rate_limit_window_seconds),
    };
  }

  function adapt() {
    total.hidden = unit.hidden = type.value() === 'time';
    carryOver.hidden = unit.hidden || inputs.unit.value === '';
    // What a period grants is the amount of the period, and the API's errors name it so.
    inputs.total_quota.dataset.field = carryOver.hidden ? 'total_quota' : 'period.amount';
    days.hidden = ends.value() !== 'add';
    date.hidden = ends.value() !== 'set';
    curl.show(body());
  }

  form.addEventListener('submit', event => {
    event.preventDefault();
    replace(outcome);
    whileBusy(button, async () => {
      try {
        const token = await change('POST', '/flow/tokens', body());
        showSecret(main, token, t('secret.title'));
      } catch (error) {
        if (!showFieldError(form, error)) {
          replace(outcome, problem(error), error.isUnresolved ? notice('warning', t('new.unresolved')) : null);
        }
      }
    });
  });

  adapt();
  replace(main, heading(t('new.title')), h('div', { class: 'beside' }, form, curl.element));
}

function section(title, ...content) {
  return h('section', { class: 'panel' }, h('h2', {}, title), content);
}
