// The words of the page, in words/en.js and words/zh.js. What the API says itself is English and is shown as it came.
import { keepLanguage, preferredLanguage } from './preferences.js';
import en from '../words/en.js';
import zh from '../words/zh.js';

const dictionaries = { en, zh };
let current = preferredLanguage();

export function language() {
  return current;
}

export function setLanguage(name) {
  current = name;
  keepLanguage(name);
}

/** The words for a key; {name} in them is replaced by values.name. */
export function t(key, values = {}) {
  const words = dictionaries[current][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
