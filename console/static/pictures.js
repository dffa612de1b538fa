"use strict";
// Pictures of the scene: fetched with the token, only when they come into sight, and kept small.

const pictures = (() => {
  const known = new Map();
  const MOST = 300;
  let busy = 0;
  const waiting = [];

  const sight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      waiting.push(target);
      next();
    }
  }, { rootMargin: "200px" });

  async function drawn(sha256, width) {
    const answer = await session.get(`/api/intake/attachments/${sha256}`);
    return createImageBitmap(await answer.blob(), { resizeWidth: width, resizeQuality: "medium" });
  }

  async function next() {
    if (busy >= 3 || !waiting.length) return;
    const canvas = waiting.shift();
    busy += 1;
    try {
      const { sha256, width } = canvas.dataset;
      const key = `${sha256} ${width}`;
      if (!known.has(key)) {
        known.set(key, await drawn(sha256, Number(width)));
        if (known.size > MOST) known.delete(known.keys().next().value);
      }
      paint(canvas, known.get(key));
    } catch {
      canvas.classList.add("missing");
    } finally {
      busy -= 1;
      next();
    }
  }

  function paint(canvas, bitmap) {
    // The middle of the picture, in the canvas' own proportions.
    const wanted = canvas.width / canvas.height;
    const wide = bitmap.width / bitmap.height > wanted;
    const width = wide ? bitmap.height * wanted : bitmap.width;
    const height = wide ? bitmap.height : bitmap.width / wanted;
    const left = (bitmap.width - width) / 2;
    const top = (bitmap.height - height) / 2;
    canvas.getContext("2d").drawImage(bitmap, left, top, width, height, 0, 0, canvas.width, canvas.height);
  }

  return {
    of(sha256, width, height, words) {
      const canvas = document.createElement("canvas");
      canvas.className = "picture";
      canvas.width = width;
      canvas.height = height;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", sha256 ? words : "暂无图片");
      if (sha256) {
        canvas.dataset.sha256 = sha256;
        canvas.dataset.width = String(Math.round(width * 1.4));
        sight.observe(canvas);
      } else {
        canvas.classList.add("missing");
      }
      return canvas;
    },
  };
})();
