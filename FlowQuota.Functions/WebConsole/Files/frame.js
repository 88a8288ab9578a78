// What is around every screen: the name, the ways to the other screens, language, theme, sign-out.
import { h, replace } from './lib/dom.js';
import { forgetUnresolved } from './lib/api.js';
import { setTheme, theme } from './lib/preferences.js';
import { address, mayLeave } from './lib/router.js';
import { zone } from './lib/server.js';
import { role, signOut } from './lib/session.js';
import { language, setLanguage, t } from './lib/words.js';
import { select } from './parts/form.js';
import { icon } from './parts/icons.js';

const ways = {
  admin: [
    ['overview', 'overview', 'overview.title'], ['tokens', 'tokens', 'tokens.title'], ['new-token', 'add', 'new.title'],
    ['usage', 'usage', 'usage.title'], ['books', 'books', 'books.title'], ['operations', 'operations', 'operations.title'],
    ['try', 'try', 'try.title'],
  ],
  holder: [['my-quota', 'quota', 'mine.title'], ['try', 'try', 'try.title']],
};

/** The page around a screen's main element. `anew` shows the present screen anew. */
export function frame(screen, main, anew) {
  const person = role();
  if (person === null) {
    return h('div', { class: 'page signed-out' },
      h('header', { class: 'top' }, brand(), h('div', { class: 'row end' }, reference(), preferences(anew))), main);
  }

  const menu = h('div', { class: 'menu', id: 'menu' },
    h('nav', { 'aria-label': t('nav') }, h('ul', {}, ways[person].map(([name, drawing, words]) => h('li', {},
      h('a', { href: address(name), 'aria-current': screen.title === words || (name === 'tokens' && screen.title === 'token.title') ? 'page' : null },
        icon(drawing), t(words)))))),
    h('div', { class: 'menu-end' },
      h('p', {}, reference()),
      h('p', { class: 'fine' }, t('zone', { zone: zone() })),
      preferences(anew),
      h('button', {
        class: 'button', type: 'button', onclick: async () => {
          if (await mayLeave()) {
            signOut();
            forgetUnresolved();
            anew();
          }
        },
      }, t('signOut'))));
  const opener = h('button', { class: 'button opener', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'menu' }, icon('menu'), t('menu'));
  opener.addEventListener('click', () => {
    const isOpen = menu.classList.toggle('open');
    opener.setAttribute('aria-expanded', String(isOpen));
  });
  return h('div', { class: 'page' }, h('header', { class: 'side' }, h('div', { class: 'brand-row' }, brand(), opener), menu), main);
}

function brand() {
  return h('a', { class: 'brand', href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: 28, height: 28 }), 'FlowQuota');
}

/** The way to the reference of the API: in a tab of its own, because leaving this one signs out. */
function reference() {
  return h('a', { class: 'fine', href: 'api', target: '_blank', rel: 'noopener' }, t('reference'));
}

function preferences(anew) {
  const languages = select([['en', 'English'], ['zh', '中文']], language(), {
    class: 'quiet', 'aria-label': t('language'), onchange: async () => {
      if (await mayLeave()) {
        setLanguage(languages.value);
        anew();
      } else {
        languages.value = language();
      }
    },
  });
  const themes = h('button', {
    class: 'button quiet', type: 'button', onclick: () => {
      setTheme(theme() === 'dark' ? 'light' : 'dark');
      label();
    },
  });

  function label() {
    const other = theme() === 'dark' ? 'light' : 'dark';
    themes.setAttribute('aria-label', t(`theme.${other}`));
    themes.setAttribute('title', t(`theme.${other}`));
    replace(themes, icon(other));
  }

  label();
  return h('div', { class: 'preferences' }, languages, themes);
}
