/* What the theme leaves out for keyboards and screen readers: names of its landmarks, scrolled boxes that can be reached. */
(() => {
  const mend = () => {
    document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
    for (const kind of [".md-code__nav", "nav[data-md-level]"]) {
      document.querySelectorAll(kind).forEach((part, place) => {
        if (part.dataset.named) return;
        part.dataset.named = "yes";
        const title = part.getAttribute("aria-label") || (kind === ".md-code__nav" ? "Code" : "Pages");
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", `${title} ${place + 1}`);
      });
    }
    document.querySelectorAll("pre > code, .md-typeset__scrollwrap").forEach((part) => {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    });
  };
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(mend, 50);
  };
  // The theme makes some of these parts after the page is there.
  new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("resize", soon);
  mend();
})();
