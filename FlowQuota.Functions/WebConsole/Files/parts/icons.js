// Small drawings beside words; screen readers pass over them.
import { svg } from '../lib/dom.js';

const paths = {
  overview: 'M3 10.5 10 4l7 6.5M5 9v7h10V9',
  tokens: 'M11.5 8.5a3.5 3.5 0 1 1-3.2-3.5M9.8 9.8 16.5 16.5M14 14l2-2',
  add: 'M10 4v12M4 10h12',
  usage: 'M4.5 16v-5M10 16V4.5M15.5 16V8.5',
  books: 'M4 4.5h5.5v12H4zM10.5 4.5H16v12h-5.5zM6 8h1.5M12.5 8H14',
  operations: 'M2.5 10H6l2-5 4 10 2-5h3.5',
  try: 'M6 4.5v11l9-5.5z',
  quota: 'M3.5 14a6.5 6.5 0 1 1 13 0M10 13l3-4',
  menu: 'M3 6h14M3 10h14M3 14h14',
  light: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1 1M14.7 14.7l1 1M4.3 15.7l1-1M14.7 5.3l1-1',
  dark: 'M16 12.2A6.5 6.5 0 0 1 7.8 4 6.5 6.5 0 1 0 16 12.2z',
};

export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true' }, svg('path', { d: paths[name] }));
}
