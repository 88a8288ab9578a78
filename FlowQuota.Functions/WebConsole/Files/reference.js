// Draws the reference of the API with Redoc, in the console's colours. A plain script, as Redoc is.
const isDark = (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

const colours = isDark
  ? {
    ground: '#161b1d', sunken: '#101516', line: '#2a3235', text: '#e6eded', muted: '#9badae', accent: '#4fd1c5', danger: '#ff9d92',
    code: '#101516', soft: '#12312f',
  }
  : {
    ground: '#ffffff', sunken: '#f0f3f3', line: '#dfe5e5', text: '#13201f', muted: '#526162', accent: '#0b6e69', danger: '#b3261e',
    code: '#101516', soft: '#dff1ef',
  };

const sans = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif';
const mono = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

const theme = {
  colors: {
    primary: { main: colours.accent },
    success: { main: isDark ? '#7fd18b' : '#1d6b2f' },
    error: { main: colours.danger },
    text: { primary: colours.text, secondary: colours.muted },
    border: { dark: colours.line, light: colours.line },
    gray: { 50: colours.sunken, 100: colours.sunken },
    responses: {
      success: { color: isDark ? '#7fd18b' : '#1d6b2f', backgroundColor: isDark ? '#12291a' : '#e8f5eb', tabTextColor: '#7fd18b' },
      error: { color: colours.danger, backgroundColor: isDark ? '#3a1a17' : '#fdecea', tabTextColor: '#ff9d92' },
    },
  },
  schema: {
    nestedBackground: colours.sunken, linesColor: colours.line, typeNameColor: colours.muted, typeTitleColor: colours.muted,
    requireLabelColor: colours.danger, arrow: { color: colours.muted },
  },
  typography: {
    fontFamily: sans, fontSize: '15px', headings: { fontFamily: sans, fontWeight: '600' },
    code: { fontFamily: mono, color: colours.accent, backgroundColor: colours.sunken },
    links: { color: colours.accent, visited: colours.accent, hover: colours.accent },
  },
  sidebar: { backgroundColor: colours.sunken, textColor: colours.text, activeTextColor: colours.accent },
  rightPanel: { backgroundColor: isDark ? '#0e1213' : '#1d2628', textColor: '#e6eded' },
  codeBlock: { backgroundColor: colours.code },
  fab: { backgroundColor: colours.sunken, color: colours.accent },
};

// Redoc sets the HTML that it makes from the document's Markdown. Scripts and their addresses stay refused, and the page's policy has no inline script.
globalThis.trustedTypes?.createPolicy('default', { createHTML: html => html });

// The search would run in a worker made from a blob, which the page's policy refuses.
Redoc.init('../flow/openapi.json', { theme, disableSearch: true, hideDownloadButtons: true, nativeScrollbars: true, sortRequiredPropsFirst: true },
  document.getElementById('reference'));
