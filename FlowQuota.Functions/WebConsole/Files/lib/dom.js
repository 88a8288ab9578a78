// Makes elements. Whatever comes from the API goes in as text, so that markup in it stays text; there is no way here to set HTML.

/**
 * h('a', { class: 'link', href: '#/', onclick: go }, 'text', node, [more], null)
 * Attributes with the value null, undefined or false are left out; true gives an empty one; on* are listeners.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** An empty place for what comes later; it takes no room while it is empty. */
export function slot() {
  return h('div', { class: 'slot' });
}

/** Puts children in the place of what an element holds. */
export function replace(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Says a sentence to screen readers. */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}

let lastId = 0;

/** An id that no other element has. */
export function newId(prefix) {
  return `${prefix}-${++lastId}`;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (name === 'value' || name === 'checked') {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false);
}
