// What a frame of a page shows, asked after it has been scrolled: images without a width, hints, declared files.
// Runs inside pages that may be hostile: every list is bounded, and nothing here throws.
async (limits) => {
  const seen = { images: [], hints: [], declared: [], looked: 0, partly: "" };
  const roots = [document];
  const elements = [];
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (elements.length >= limits.elements) {
        seen.partly = `more than ${limits.elements} elements`;
        break;
      }
      elements.push(node);
      if (node.shadowRoot) roots.push(node.shadowRoot);
    }
  }
  const absolute = (url, base) => {
    try { return new URL(url, base || document.baseURI).href; } catch { return ""; }
  };
  const short = (url) => (url.length > 2000 ? url.slice(0, 200) + "…" : url);
  const soon = (promise) =>
    Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error("slow")), limits.wait))]);
  const known = new Map();
  // Whether a browser can draw it, asked with an image of our own: styles tell nothing of what they drew.
  const drawn = (url) => {
    if (!known.has(url)) {
      const image = new Image();
      image.src = url;
      known.set(url, soon(image.decode()).then(() => true, () => false));
    }
    return known.get(url);
  };
  const here = (url) => /^(file:\/\/\/|data:|blob:)/.test(url) || (limits.own && url.startsWith(limits.own + "/"));

  for (const image of elements.filter((node) => node instanceof HTMLImageElement)) {
    const waiting = Object.values(image.dataset).find((value) => /[./]/.test(value) && !/\s\S+\s/.test(value));
    const given = image.hasAttribute("src") || image.hasAttribute("srcset");
    if (!given && !waiting) continue; // filled by a script on a click: a lightbox
    seen.looked += 1;
    if (image.naturalWidth > 0) continue;
    const url = image.currentSrc || absolute(image.getAttribute("src") || waiting || "");
    if (url && !here(url)) continue; // told as a request
    let why = given ? (image.complete ? "broken" : "never loaded") : "its address waits in a data attribute";
    if (given) {
      try { await soon(image.decode()); why = ""; } catch { /* shows nothing indeed */ }
    }
    if (why) seen.images.push({ url: short(url), what: "img", detail: why });
  }

  const wanted = new Map();
  const want = (url, what) => {
    if (url && here(url) && !wanted.has(url)) wanted.set(url, what);
  };
  const properties = ["background-image", "list-style-image", "border-image-source", "mask-image", "content"];
  const taken = (style) => {
    for (const property of properties) {
      const value = style.getPropertyValue(property);
      if (!value.includes("url(")) continue;
      for (const found of value.matchAll(/url\("((?:[^"\\]|\\.)*)"\)/g)) {
        const url = found[1].replace(/\\(.)/g, "$1");
        if (!url.includes("#") || url.startsWith("data:")) want(url, property);
      }
    }
  };
  for (const node of elements) {
    taken(getComputedStyle(node));
    taken(getComputedStyle(node, "::before"));
    taken(getComputedStyle(node, "::after"));
    if (node instanceof SVGImageElement) want(absolute(node.href.baseVal), "svg-image");
    if (node instanceof HTMLInputElement && node.type === "image") want(absolute(node.src), "input");
    if (node instanceof HTMLVideoElement && node.poster) want(absolute(node.poster), "poster");
  }
  if (wanted.size > limits.urls) seen.partly = `more than ${limits.urls} images in styles`;
  for (const [url, what] of [...wanted].slice(0, limits.urls)) {
    seen.looked += 1;
    if (!(await drawn(url))) seen.images.push({ url: short(url), what, detail: "broken" });
  }

  for (const node of elements) {
    if (node instanceof HTMLLinkElement && node.href && !here(node.href)) {
      for (const hint of [...limits.hints, ...limits.later])
        if (node.relList.contains(hint)) seen.hints.push({ url: short(node.href), kind: hint });
    }
    if (node instanceof HTMLLinkElement && node.href.startsWith("file:///")) {
      for (const kind of limits.later)
        if (node.relList.contains(kind)) seen.declared.push({ url: short(node.href), kind });
    }
    if (node instanceof HTMLScriptElement && node.type === "speculationrules") {
      for (const found of node.textContent.matchAll(/"((?:https?:)?\/\/[^"\\]+)"/g))
        seen.hints.push({ url: short(absolute(found[1], "https://x/")), kind: "speculation" });
    }
    if (/^(AUDIO|VIDEO|SOURCE|TRACK|OBJECT|EMBED)$/.test(node.tagName)) {
      const url = node.getAttribute("src") || node.getAttribute("data");
      if (url && absolute(url).startsWith("file:///"))
        seen.declared.push({ url: short(absolute(url)), kind: node.tagName.toLowerCase() });
    }
  }
  for (const list of [seen.images, seen.hints, seen.declared]) list.splice(limits.urls);
  return seen;
}
