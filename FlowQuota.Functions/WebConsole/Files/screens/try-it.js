// Runs code or takes units with an access token, as its holder would.
import { h, replace } from '../lib/dom.js';
import { call } from '../lib/api.js';
import { number } from '../lib/format.js';
import { address } from '../lib/router.js';
import { accessToken, role, useAccessToken } from '../lib/session.js';
import { t } from '../lib/words.js';
import { field, figure, secretInput, showFieldError, textInput, whileBusy } from '../parts/form.js';
import { heading, panel } from '../parts/heading.js';
import { problem } from '../parts/notice.js';
import { badge } from '../parts/quota.js';
import { facts } from '../parts/table.js';

export const tryScreen = { title: 'try.title', show };

const sample = 'console.log("Hello", input.name);\nreturn 6 * 7;';

function show({ main }) {
  const token = secretInput({ value: accessToken() ?? '', oninput: () => useAccessToken(token.value.trim()) });
  replace(main,
    heading(t('try.title'), t('try.sentence')),
    role() === 'admin' ? panel(t('try.token'), field('token', t('signIn.token'), token, t('try.token.hint'))) : null,
    h('div', { class: 'two' }, panel(t('try.run'), runForm()), panel(t('try.consume'), consumeForm())));
}

function runForm() {
  const code = h('textarea', { rows: 6, spellcheck: 'false', autocapitalize: 'off', value: sample, class: 'mono' });
  const input = h('textarea', { rows: 2, spellcheck: 'false', autocapitalize: 'off', value: '{"name":"world"}', class: 'mono' });
  return callForm(t('try.run.do'), form => {
    let value;
    try {
      value = input.value.trim() === '' ? undefined : JSON.parse(input.value);
    } catch (error) {
      showFieldError(form, { type: 'ValidationError', message: `input ${error.message}` });
      return null;
    }
    return call('/flow/execute', { code_base64: base64(code.value), input: value });
  }, answer => [
    h('h3', {}, t('try.result')), h('pre', { tabindex: '0' }, h('code', {}, JSON.stringify(answer.result, null, 2))),
    logs(answer), left(answer.quota), timing(answer),
  ], field('code_base64', t('try.code'), code), field('input', t('try.input'), input, t('try.input.hint')));
}

function consumeForm() {
  const cost = textInput({ inputmode: 'numeric', value: '1' });
  return callForm(t('try.consume.do'), () => call('/flow/consume', { cost: figure(cost) }),
    answer => [left(answer.data), timing(answer)],
    field('cost', t('try.cost'), cost, t('try.cost.hint')));
}

/** @param send gives the call's answer, or null if it was not sent */
function callForm(words, send, show, ...content) {
  const outcome = h('div', { class: 'stack', 'aria-live': 'polite' });
  const button = h('button', { class: 'button primary' }, words);
  const form = h('form', { class: 'stack', novalidate: true }, content, h('div', { class: 'row' }, button), outcome);
  form.addEventListener('submit', event => {
    event.preventDefault();
    whileBusy(button, async () => {
      replace(outcome);
      try {
        const answer = await send(form);
        if (answer !== null) {
          replace(outcome, h('p', {}, badge('good', t('try.good'))), show(answer));
        }
      } catch (error) {
        if (!showFieldError(form, error)) {
          replace(outcome, problem(error), error.body?.error?.stack ? h('pre', { tabindex: '0' }, h('code', {}, error.body.error.stack)) : null,
            logs(error.body), left(error.body?.quota), timing(error.body));
        }
      }
    });
  });
  return form;
}

function logs(answer) {
  return answer?.logs?.length > 0 ? [h('h3', {}, t('try.logs')), h('pre', { tabindex: '0' }, h('code', {}, answer.logs.join('\n')))] : null;
}

function left(quota) {
  return quota ? facts([[t('token.left'), quota.total_quota === null ? t('quota.byTime') : `${number(quota.remaining_quota)} / ${number(quota.total_quota)}`]]) : null;
}

function timing(answer) {
  if (!answer) {
    return null;
  }
  const id = /^(flow_[^_]+)_/.exec(accessToken() ?? '')?.[1];
  return [
    h('p', { class: 'fine' },
      answer.timing ? `${t('try.timing', { run: number(answer.timing.executionTime), all: number(answer.timing.totalTime) })} · ` : '',
      t('problem.requestId'), ' ', h('code', {}, answer.request_id ?? '')),
    role() === 'admin' && id ? h('p', {}, h('a', { href: address('token', { id }) }, t('try.ledger'))) : null,
  ];
}

function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join(''));
}
