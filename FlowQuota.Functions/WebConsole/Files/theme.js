// A plain script that runs before the first paint: a page that is dark must not flash white. lib/preferences.js does the rest.
try {
  const theme = localStorage.getItem('flowquota.theme');
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
  }
} catch {
  // The browser keeps nothing for this page; the system's theme it is.
}
