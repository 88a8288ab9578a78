// Who is there: an admin, or the holder of an access token.
import { h, replace, slot } from '../lib/dom.js';
import { probe } from '../lib/api.js';
import { signInAsAdmin, useAccessToken } from '../lib/session.js';
import { t } from '../lib/words.js';
import { choice, field, secretInput, whileBusy } from '../parts/form.js';
import { notice, problem } from '../parts/notice.js';

export const signInScreen = { title: 'signIn.title', show };

function show({ main, signedIn }) {
  const who = choice('who', t('signIn.who'), [
    ['admin', t('signIn.admin'), t('signIn.admin.hint')], ['holder', t('signIn.holder'), t('signIn.holder.hint')],
  ]);
  const token = secretInput({ required: true });
  const button = h('button', { class: 'button primary' }, t('signIn.do'));
  const outcome = slot();
  const form = h('form', { class: 'panel stack' },
    h('h1', {}, t('signIn.title')),
    who.element,
    field('token', t('signIn.token'), token, t('signIn.token.hint')),
    button, outcome);

  form.addEventListener('submit', event => {
    event.preventDefault();
    replace(outcome);
    whileBusy(button, () => signIn(who.value(), token, outcome, signedIn));
  });
  replace(main, form);
  token.focus();
}

async function signIn(who, token, outcome, signedIn) {
  const text = token.value.trim();
  try {
    await probe(who === 'admin' ? '/flow/health' : '/flow/quota', text);
  } catch (error) {
    // Whether a token is good is decided before anything else can fail, so a 503 lets an admin in to see why.
    if (error.status === 401) {
      replace(outcome, notice('danger', who === 'admin' ? t('signIn.wrong') : h('span', { lang: 'en' }, error.message)));
      token.select();
      return;
    }
    if (who !== 'admin' || error.status !== 503) {
      replace(outcome, problem(error));
      return;
    }
  }
  if (who === 'admin') {
    signInAsAdmin(text);
  } else {
    useAccessToken(text);
  }
  signedIn();
}
