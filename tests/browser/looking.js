// Put into a page beside axe: its rules in two parts, what is there, and how it is coloured.
// Contrast is nine tenths of axe's work, and the same text on the same grounds comes again on every page: text like
// one that has passed in this run is not measured again.
(() => {
  // The frames (mails) have no axe inside that could answer, and it would wait half a second for each. Nothing is to be
  // loaded beforehand: that is for sounds and films.
  const common = { iframes: false, preload: false };
  const grounds = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode", "position"];
  const letters = ["color", "fontSize", "fontWeight", "textShadow", "webkitTextFillColor", "webkitTextStroke"];

  const told = found => found.violations.map(
    one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 120))]);

  function hash(text, seed) {
    let a = 0xdeadbeef ^ seed, b = 0x41c6ce57 ^ seed;
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 2654435761);
      b = Math.imul(b ^ text.charCodeAt(i), 1597334677);
    }
    return 4294967296 * (2097151 & b) + (a >>> 0);
  }

  // What an element and all around it are, and on what ground they stand.
  function ground(element, known) {
    if (!element) return "";
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      const own = [element.tagName, element.getAttribute("class"), ...grounds.map(name => style[name])].join("|");
      known.set(element, String(hash(ground(element.parentElement, known) + own, 1)));
    }
    return known.get(element);
  }

  function speaks(element) {
    const fields = "input, select, textarea";
    return element.matches(fields) || [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  }

  function key(element, known) {
    const style = getComputedStyle(element);
    return hash([innerWidth, ground(element, known), ...letters.map(name => style[name])].join("|"), 2);
  }

  window.looking = {
    there: () => axe.run(document, {
      ...common, resultTypes: ["violations"], rules: { "color-contrast": { enabled: false } } }).then(told),

    // {minded, passed}: what axe minds, and the keys of text that passed; `seen` are those that have before.
    coloured: async seen => {
      const known = new Map(), keys = new Map(), before = new Set(seen), fresh = new Map();
      for (const element of document.body.querySelectorAll("*")) {
        if (!speaks(element) || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const found = key(element, known);
        if (before.has(found)) continue;
        keys.set(element, found);
        fresh.set(found, [...(fresh.get(found) || []), element]);
      }
      // Three of each: axe leaves some undecided (one letter, disabled, under another).
      const include = [...fresh.values()].flatMap(alike => alike.slice(0, 3));
      if (!include.length) return { minded: [], passed: [] };
      const found = await axe.run({ include }, {
        ...common, elementRef: true, selectors: false, resultTypes: ["violations", "passes"],
        runOnly: ["color-contrast"] });
      const good = found.passes.flatMap(one => one.nodes).map(node => keys.get(node.element));
      return { minded: told(found), passed: [...new Set(good)].filter(one => one !== undefined) };
    },

    links: () => axe.run(document, {
      ...common, resultTypes: ["violations"], runOnly: ["link-in-text-block"] }).then(told),
  };
})();
