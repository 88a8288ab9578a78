// The theme and the language, the only things that the console keeps in the browser. No token and no data is ever kept.

const themeKey = 'flowquota.theme';
const languageKey = 'flowquota.language';

export function theme() {
  return document.documentElement.dataset.theme
    ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  keep(themeKey, name);
}

/** 'en' or 'zh': what was chosen here before, else what the browser prefers. */
export function preferredLanguage() {
  const chosen = kept(languageKey);
  if (chosen === 'en' || chosen === 'zh') {
    return chosen;
  }
  const known = navigator.languages.map(name => name.slice(0, 2)).find(name => name === 'en' || name === 'zh');
  return known ?? 'en';
}

export function keepLanguage(name) {
  keep(languageKey, name);
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // The browser keeps nothing for this page.
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then lasts as long as the tab.
  }
}
