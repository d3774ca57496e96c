// Run in the page: what is wrong with the outputs as they are rendered, one sentence each.
// `trusted`: whether the styles are shown; JupyterLab takes some away from a notebook that it does not trust.
(trusted) => {
  const problems = [];
  const cells = [...document.querySelectorAll(".jp-CodeCell")];
  const outputs = [...document.querySelectorAll(".jp-CodeCell .jp-OutputArea-output")];
  const number = (element) => `code cell ${cells.indexOf(element.closest(".jp-CodeCell")) + 1}`;
  const quoted = (text) => `"${text.trim().slice(0, 60)}"`;

  // Only a table may scroll, in the box that the crate puts around it.
  const page = document.scrollingElement;
  const lesson = document.querySelector(".jp-Notebook .jp-WindowedPanel-outer");
  for (const [name, box] of [["the page", page], ["the lesson", lesson]]) {
    if (box.scrollWidth > box.clientWidth + 1) problems.push(`${name} is wider than the window`);
  }
  for (const output of outputs) {
    if (output.scrollWidth > output.clientWidth + 1) problems.push(`${number(output)}: the output is wider than its place`);
  }

  // In a wide window nothing needs to be scrolled for, where every style is shown.
  if (trusted && window.innerWidth >= 1280) {
    for (const box of document.querySelectorAll(".jp-CodeCell :is(.jp-OutputArea-output [style*=overflow-x], .cm-scroller)")) {
      if (box.scrollWidth > box.clientWidth + 1) problems.push(`${number(box)}: cut off: ${quoted(box.textContent)}`);
    }
  }

  // Contrast of every text against what is really behind it (WCAG 2: 4.5, and 3 for large text).
  const colour = (text) => {
    const numbers = text.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return { rgb: numbers.slice(0, 3).map((part) => part * scale), alpha: numbers[3] ?? 1 };
  };
  const over = (below, { rgb, alpha }) => below.map((part, i) => part * (1 - alpha) + rgb[i] * alpha);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  // The colour behind an element's content, and the opacity of all that it is in.
  const behind = (element) => {
    const path = [];
    for (let e = element; e; e = e.parentElement) path.unshift(e);
    let below = [255, 255, 255];
    let opacity = 1;
    for (const e of path) {
      const style = getComputedStyle(e);
      opacity *= Number(style.opacity);
      const own = colour(style.backgroundColor);
      below = over(below, { rgb: own.rgb, alpha: own.alpha * opacity });
    }
    // In a drawing it is the shapes before the text, where they lie under its middle.
    const text = element.closest("svg text");
    if (text) {
      const box = text.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      for (const shape of text.ownerSVGElement.querySelectorAll("rect, circle, ellipse, polygon")) {
        const at = shape.getBoundingClientRect();
        const { fill, fillOpacity } = getComputedStyle(shape);
        const isUnder = shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING
          && at.left <= x && x <= at.right && at.top <= y && y <= at.bottom;
        if (!isUnder || fill === "none") continue;
        const own = colour(fill);
        below = over(below, { rgb: own.rgb, alpha: own.alpha * Number(fillOpacity) * opacity });
      }
    }
    return { below, opacity };
  };
  let texts = 0;
  for (const output of outputs) {
    const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const element = node.parentElement;
      if (!node.textContent.trim() || !element.getClientRects().length) continue;
      // In html code is drawn as code; a cell of a table holds data, in which a backtick is one.
      if (/`[^`]+`/.test(node.textContent) && !element.closest("pre, code, td")) {
        problems.push(`${number(element)}: backticks in ${quoted(node.textContent)}`);
      }
      const style = getComputedStyle(element);
      const { below, opacity } = behind(element);
      const ink = colour(style.fill !== "none" && element.closest("svg") ? style.fill : style.color);
      const ratio = contrast(over(below, { rgb: ink.rgb, alpha: ink.alpha * opacity }), below);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      texts += 1;
      if (ratio < (large ? 3 : 4.5)) {
        problems.push(`${number(element)}: contrast ${ratio.toFixed(2)} of ${quoted(node.textContent)}`);
      }
    }
  }

  // Every picture has a name, and is there.
  for (const picture of document.querySelectorAll(".jp-OutputArea-output :is(img, svg, [role=img])")) {
    const name = ["aria-label", "alt", "title"].map((name) => picture.getAttribute(name)).find(Boolean)
      ?? picture.querySelector(":scope > title")?.textContent;
    const box = picture.getBoundingClientRect();
    if (!name) problems.push(`${number(picture)}: a picture without a name`);
    if (box.width < 20 || box.height < 3) problems.push(`${number(picture)}: a picture of ${box.width} by ${box.height} pixels`);
    if (picture.tagName === "IMG" && !picture.naturalWidth) problems.push(`${number(picture)}: a picture that cannot be shown`);
  }
  return { problems, texts };
}
