// A new secret, which is shown once.
import { h, replace } from '../lib/dom.js';
import { address, setGuard } from '../lib/router.js';
import { useAccessToken } from '../lib/session.js';
import { t } from '../lib/words.js';
import { ask } from './dialog.js';
import { copyButton } from './form.js';
import { heading } from './heading.js';
import { notice } from './notice.js';

/** Shows a secret once, in place of the screen; leaving it asks. */
export function showSecret(main, token, title) {
  const secret = h('code', { class: 'secret', tabindex: '0' }, token.access_token);
  setGuard(() => ask({ title: t('secret.leave.title'), text: t('secret.leave.text'), confirm: t('secret.leave.do') }));
  const kept = () => setGuard(null);
  replace(main,
    heading(title),
    h('section', { class: 'panel' },
      notice('warning', h('strong', {}, t('secret.once')), ' ', t('secret.once.hint')),
      h('p', { class: 'muted' }, t('secret.of', { workspace: token.ws_id, email: token.email })),
      h('div', { class: 'row' }, secret, copyButton(() => token.access_token, t('secret.copy'), 'primary')),
      h('p', { class: 'fine' }, t('token.id'), ' ', h('code', {}, token.token_id)),
      h('div', { class: 'row' },
        h('a', { class: 'button', href: address('token', { id: token.token_id }), onclick: kept }, t('secret.kept')),
        h('a', { class: 'button', href: address('try'), onclick: () => { kept(); useAccessToken(token.access_token); } }, t('secret.try')))));
  main.focus();
}
