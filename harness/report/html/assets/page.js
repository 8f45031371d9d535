"use strict";
// What the scripts of all pages share. Foreign text reaches the screen by textContent alone.
const page = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  /** A large text that the page holds deflated under this id. */
  async function unpack(id) {
    const packed = atob(document.getElementById(id).textContent);
    const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  let library = null;
  /** The charting library, run once; the page's policy knows its hash. */
  function charts() {
    library = library || unpack("charts").then((source) => {
      const script = document.createElement("script");
      script.textContent = source;
      document.head.append(script);
      if (!window.Chart) throw new Error("the charting library did not run");
      return window.Chart;
    });
    return library;
  }

  /** An element: text becomes text, never markup. attributes: only names that the caller writes. */
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "onclick") made.addEventListener("click", value);
      else if (value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined).map(
      (child) => (child instanceof Node ? child : String(child))));
    return made;
  }

  /** A colour of page.css by its name, as it is now. */
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  /** Calls back when the reader turns from light to dark or back. */
  function onTheme(back) {
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", back);
  }

  async function copy(text, button) {
    const before = button.textContent;
    button.textContent = (await copied(text)) ? "Copied" : "Not copied: select the text instead";
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {  // no clipboard for this page: the way it was done before there was one
      const area = el("textarea", { readonly: "" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  return { data, unpack, charts, el, colour, onTheme, copy };
})();
