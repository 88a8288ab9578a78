// What an admin can do with a token. Each is sent with an id, so that pressing again after a lost answer does it once.
import { announce, h, replace, slot } from '../lib/dom.js';
import { change } from '../lib/api.js';
import { number } from '../lib/format.js';
import { go } from '../lib/router.js';
import { zone } from '../lib/server.js';
import { t } from '../lib/words.js';
import { ask } from './dialog.js';
import { field, figure, select, showFieldError, textInput, whileBusy } from './form.js';
import { panel } from './heading.js';
import { notice, problem } from './notice.js';
import { showSecret } from './secret.js';

/** The forms for a token as it is now; `changed` is called after each change. */
export function tokenActions(token, changed) {
  return h('div', { class: 'stack' },
    token.quota_type === 'time' ? null : panel(t('recharge.title'), rechargeForm(token, changed)),
    h('details', { class: 'panel' }, h('summary', {}, t('terms.title')), termsForm(token, changed)),
    panel(t('rotate.title'), rotation(token, changed)),
    panel(t('state.title'), activity(token, changed), removal(token)));
}

function rechargeForm(token, changed) {
  const operation = select([['add', t('recharge.add')], ['set', t('recharge.set')], ['reset', t('recharge.reset')]], 'add', { onchange: preview });
  const amount = textInput({ inputmode: 'numeric', oninput: preview });
  const result = h('p', { class: 'muted', 'aria-live': 'polite' });
  const form = changeForm(token, changed, t('recharge.do'), () => ({ quota_operation: operation.value, quota_amount: figure(amount) }),
    field('quota_operation', t('recharge.operation'), operation), field('quota_amount', t('recharge.amount'), amount), result);

  function preview() {
    const n = figure(amount);
    const used = token.total_quota - token.remaining_quota;
    const after = {
      add: typeof n === 'number' ? [token.remaining_quota + n, token.total_quota + n] : null,
      set: typeof n === 'number' ? [n, used + n] : null,
      reset: typeof n === 'number' ? [n, n] : n === undefined ? [token.total_quota, token.total_quota] : null,
    }[operation.value];
    replace(result, after === null ? t('recharge.hint') : t('recharge.after', { left: number(after[0]), total: number(after[1]) }));
  }

  preview();
  return form;
}

function termsForm(token, changed) {
  const ends = select([['', t('unchanged')], ['unlimited', t('ends.unlimited')], ['add', t('ends.add')], ['set', t('ends.set')]], '', { onchange: adapt });
  const days = textInput({ inputmode: 'numeric' });
  const date = h('input', { type: 'datetime-local', step: 1 });
  const rate = textInput({ inputmode: 'numeric', value: token.rate_limit_per_minute ?? '' });
  const window = textInput({ inputmode: 'numeric', value: token.rate_limit_window_seconds });
  const burst = textInput({ inputmode: 'numeric', value: token.rate_limit_burst ?? '' });
  const daysField = field('days', t('new.days'), days);
  const dateField = field('specific_date', t('new.date'), date, t('zone', { zone: zone() }));

  function adapt() {
    daysField.hidden = ends.value !== 'add';
    dateField.hidden = ends.value !== 'set';
  }

  function body() {
    const limit = (control, was) => (figure(control) ?? null) === was ? undefined : figure(control) ?? null;
    return {
      operation: ends.value || undefined,
      days: ends.value === 'add' ? figure(days) : undefined,
      specific_date: ends.value === 'set' ? date.value.replace('T', ' ').replace(/^(.{16})$/, '$1:00') : undefined,
      rate_limit_per_minute: limit(rate, token.rate_limit_per_minute),
      rate_limit_window_seconds: figure(window) === token.rate_limit_window_seconds ? undefined : figure(window),
      rate_limit_burst: limit(burst, token.rate_limit_burst),
    };
  }

  adapt();
  return changeForm(token, changed, t('terms.do'), body,
    field('operation', t('new.ends'), ends), daysField, dateField,
    field('rate_limit_per_minute', t('new.rate'), rate, t('terms.empty')),
    field('rate_limit_window_seconds', t('new.window'), window),
    field('rate_limit_burst', t('new.burst'), burst, t('terms.empty')));
}

function activity(token, changed) {
  const outcome = slot();
  const button = h('button', { class: 'button', type: 'button' }, token.is_active ? t('disable.do') : t('enable.do'));
  button.addEventListener('click', async () => {
    if (token.is_active && !await ask({ title: t('disable.title'), text: t('disable.text'), confirm: t('disable.do') })) {
      return;
    }
    await whileBusy(button, () => send(token, { is_active: !token.is_active }, null, outcome, changed));
  });
  return [h('p', { class: 'muted' }, token.is_active ? t('disable.hint') : t('enable.hint')), h('div', { class: 'row' }, button), outcome];
}

function rotation(token, changed) {
  const outcome = slot();
  const grace = select(['0', '3600', '86400', '604800'].map(seconds => [seconds, t(`grace.${seconds}`)]), '0');
  const button = h('button', { class: 'button' }, t('rotate.do'));
  const form = h('form', { class: 'stack' }, h('p', { class: 'muted' }, t('rotate.hint')),
    field('grace_seconds', t('rotate.grace'), grace), h('div', { class: 'row' }, button, token.previous_valid_until ? graceEnd(token, outcome, changed) : null), outcome);
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (!await ask({ title: t('rotate.ask.title'), text: t(grace.value === '0' ? 'rotate.ask.now' : 'rotate.ask.later'), confirm: t('rotate.do') })) {
      return;
    }
    await whileBusy(button, async () => {
      try {
        const rotated = await change('POST', `${pathOf(token)}/rotate`, { grace_seconds: Number(grace.value) });
        if (rotated.access_token === null) {
          replace(outcome, notice('warning', t('rotate.lost')));
        } else {
          showSecret(document.getElementById('main'), rotated, t('rotate.done'));
        }
      } catch (error) {
        replace(outcome, problem(error, { isChange: true }));
      }
    });
  });
  return form;
}

function graceEnd(token, outcome, changed) {
  const button = h('button', { class: 'button', type: 'button' }, t('rotate.end'));
  button.addEventListener('click', () => whileBusy(button, async () => {
    try {
      await change('DELETE', `${pathOf(token)}/rotate`);
      announce(t('changed'));
      changed();
    } catch (error) {
      replace(outcome, problem(error, { isChange: true }));
    }
  }));
  return button;
}

function removal(token) {
  const outcome = slot();
  const button = h('button', { class: 'button danger', type: 'button' }, t('delete.do'));
  button.addEventListener('click', async () => {
    if (!await ask({ title: t('delete.title'), text: t('delete.text'), confirm: t('delete.do'), typed: token.token_id })) {
      return;
    }
    await whileBusy(button, async () => {
      try {
        await change('DELETE', pathOf(token));
        announce(t('delete.done'));
        go('tokens');
      } catch (error) {
        replace(outcome, problem(error, { isChange: true }));
      }
    });
  });
  return [h('p', { class: 'muted' }, t('delete.hint')), h('div', { class: 'row' }, button), outcome];
}

function changeForm(token, changed, words, body, ...content) {
  const outcome = slot();
  const button = h('button', { class: 'button primary' }, words);
  const form = h('form', { class: 'stack', novalidate: true }, content, h('div', { class: 'row' }, button), outcome);
  form.addEventListener('submit', event => {
    event.preventDefault();
    whileBusy(button, () => send(token, body(), form, outcome, changed));
  });
  return form;
}

async function send(token, body, form, outcome, changed) {
  replace(outcome);
  try {
    await change('PUT', pathOf(token), body);
    announce(t('changed'));
    changed();
    // The form that had the focus is made anew.
    document.getElementById('main').focus({ preventScroll: true });
  } catch (error) {
    if (form === null || !showFieldError(form, error)) {
      replace(outcome, problem(error, { isChange: true }));
    }
  }
}

function pathOf(token) {
  return `/flow/tokens/${encodeURIComponent(token.token_id)}`;
}
