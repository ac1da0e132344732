// Scroll a page to its end in steps, and whatever scrolls inside of it: what is lazy loads as a reader would
// make it load. What is hidden for now (a carousel's next picture) is asked for at the end.
async (limits) => {
  const pause = () => new Promise((done) => setTimeout(done, limits.pause));
  const inner = [...document.querySelectorAll("main, body, div, section, article")]
    .slice(0, limits.elements)
    .filter((node) => node.scrollHeight > node.clientHeight * 1.5 && node.clientHeight > 200)
    .filter((node) => /auto|scroll/.test(getComputedStyle(node).overflowY))
    .slice(0, 5);
  for (const area of [document.scrollingElement, ...inner]) {
    if (!area) continue;
    for (let step = 0, top = 0; step < limits.steps; step += 1) {
      top += area.clientHeight || innerHeight;
      area.scrollTo({ top, behavior: "instant" });
      await pause();
      if (top >= area.scrollHeight) break;
    }
    area.scrollTo({ top: 0, behavior: "instant" });
  }
  for (const node of document.querySelectorAll("img[loading=lazy], iframe[loading=lazy]")) node.loading = "eager";
  await pause();
  return document.documentElement ? document.documentElement.scrollHeight : 0;
}
