// The page itself: colours, links that open what they point to, copying, paper, the table of runs. Loads nothing.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("scripted");
  const said = document.getElementById("said");

  function tell(name) { dispatchEvent(new Event("rldoctor:" + name)); }
  function say(text) { if (said) { said.textContent = text; } }
  function all(selector, within) { return Array.from((within || document).querySelectorAll(selector)); }

  // Colours: automatic, light, dark. A file that is opened from disk may be refused its memory.
  const NAMES = { "": "automatic", light: "light", dark: "dark" };
  const theme = document.querySelector("[data-theme-switch]");
  function recall() { try { return localStorage.getItem("rldoctor-colours") || ""; } catch (refused) { return ""; } }
  function keep(name) { try { localStorage.setItem("rldoctor-colours", name); } catch (refused) { return; } }
  function colours(name) {
    if (name) { root.dataset.theme = name; } else { delete root.dataset.theme; }
    if (theme) { theme.textContent = "Colours: " + NAMES[name]; }
    tell("colours");
  }
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", function () {
      const order = ["", "light", "dark"];
      const next = order[(order.indexOf(root.dataset.theme || "") + 1) % 3];
      keep(next);
      colours(next);
    });
  }
  const known = recall();
  if (known in NAMES) { colours(known); }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () { tell("colours"); });

  // A link to a run or a finding opens whatever it is folded into.
  function reveal() {
    const name = decodeURIComponent(location.hash.slice(1)), run = name.match(/^run-\d+(?=-)/);
    const fold = run && document.getElementById(run[0]);
    if (fold) { window.rldoctor.fill(fold); }
    if (name.startsWith("rule-") && document.getElementById("rules")) { window.rldoctor.fill(document.getElementById("rules")); }
    const target = name && document.getElementById(name);
    if (!target) { return; }
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") { node.open = true; }
      if (node.dataset.pack) { window.rldoctor.fill(node); }
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);

  // A run of a long page is filled when it is opened, and all of them, one after the other, when the page is
  // searched with the browser's own search. What was never opened stands on paper as its summary.
  const packed = all("details[data-pack]");
  packed.forEach(function (fold) {
    fold.addEventListener("toggle", function () {
      if (fold.open && !root.classList.contains("printing")) { window.rldoctor.fill(fold); }
    });
  });
  function fillAll() {
    root.classList.add("searched");
    const fold = packed.shift();
    if (fold) {
      window.rldoctor.fill(fold);
      setTimeout(fillAll);
    }
  }
  addEventListener("keydown", function (event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName || "");
    const asked = (event.ctrlKey || event.metaKey) && "fFgG".includes(event.key);
    if (asked || event.key === "F3" || (event.key === "/" && !typing)) { fillAll(); }
  });

  // Copying works without the permission to write to the clipboard: else by the old command, else by hand.
  function byHand(code) {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    let done = false;
    try { done = document.execCommand("copy"); } catch (refused) { done = false; }
    return done;
  }
  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch (refused) { return byHand(code); }
  }
  function copyable(box) {
    const code = box.querySelector("code");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + code.textContent);
    button.addEventListener("click", function () {
      copy(code).then(function (done) {
        button.textContent = done ? "Copied" : "Press Ctrl+C";
        say(done ? "Copied" : "The text is selected: press Ctrl+C");
        setTimeout(function () { button.textContent = "Copy"; }, 2500);
      });
    });
    box.append(button);
  }
  function take(part) { all(".snippet", part).forEach(copyable); }
  take(document);
  addEventListener("rldoctor:filled", function (event) { take(event.detail); });
  reveal();

  // What a code means, beside what one was reading.
  const box = document.getElementById("rule-text"), rules = document.getElementById("rules");
  function meaning(name) {
    window.rldoctor.fill(rules);
    const text = document.getElementById(name);
    if (!text || !box.showModal) { return false; }
    const copy = text.cloneNode(true), place = box.querySelector("div");
    copy.removeAttribute("id");
    copy.querySelector("h3").id = "rule-text-title";
    place.replaceChildren(copy);
    if (!box.open) { box.showModal(); }
    box.scrollTop = 0;
    return true;
  }
  if (box && rules) {
    document.addEventListener("click", function (event) {
      const link = event.target.closest && event.target.closest("a.rule");
      if (link && !event.ctrlKey && !event.metaKey && meaning(link.dataset.rule)) { event.preventDefault(); }
      if (event.target === box) { box.close(); }
    });
  }

  // Everything open, for who wants to read or print all of it.
  const unfold = document.querySelector("[data-unfold]");
  if (unfold && document.querySelector("main details")) {
    unfold.hidden = false;
    unfold.addEventListener("click", function () {
      const open = unfold.getAttribute("aria-pressed") !== "true";
      all("main details:not(.metrics):not(.run)").forEach(function (part) {
        if (open) { window.rldoctor.fill(part); }
        part.open = open;
      });
      unfold.setAttribute("aria-pressed", String(open));
      unfold.textContent = open ? "Fold all" : "Unfold all";
    });
  }

  // Paper gets what is open, the evidence of each cause, and light colours.
  let folded = [];
  addEventListener("beforeprint", function () {
    root.classList.add("printing");
    folded = all("details.of-evidence:not([open])").filter(function (part) { return !part.parentElement.closest("details:not([open])"); });
    folded.forEach(function (part) { part.open = true; });
    tell("paper");
    tell("colours");
  });
  addEventListener("afterprint", function () {
    root.classList.remove("printing");
    folded.forEach(function (part) { part.open = false; });
    tell("colours");
  });

  // The table of runs.
  const table = document.getElementById("index");
  if (table) { runs(table, document.querySelector("[data-index-controls]")); }

  // The state of table and filters stands in the address, to be kept and sent: #runs?q=ppo&verdict=error&sort=-value.
  function runs(table, controls) {
    const body = table.tBodies[0];
    const rows = all("tr[data-run]", body);
    const heads = new Map(all("tr.group", body).map(function (row) { return [row.dataset.group, row]; }));
    const search = controls.querySelector("input[type=search]");
    const verdict = controls.querySelector("select");
    const grouped = controls.querySelector("input[type=checkbox]");
    const found = controls.querySelector(".found");
    const panels = all(".multiples > li");
    let key = "", up = 1;
    controls.hidden = false;

    function matches(row) {
      const text = row.textContent.toLowerCase();
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      return (!verdict.value || row.dataset.verdict === verdict.value) &&
        words.every(function (word) { return text.includes(word); });
    }
    // What has no value stands last whichever way the table is sorted.
    function compare(a, b) {
      const one = a.dataset[key], other = b.dataset[key];
      if (one === "" || other === "") { return (one === "") - (other === ""); }
      return up * (isNaN(one) || isNaN(other) ? one.localeCompare(other, undefined, { numeric: true }) : one - other);
    }
    function ordered() {
      const sorted = key ? rows.slice().sort(compare) : rows;
      if (!grouped || !grouped.checked) { return sorted; }
      const groups = new Map();
      sorted.forEach(function (row) {
        if (!groups.has(row.dataset.group)) { groups.set(row.dataset.group, []); }
        groups.get(row.dataset.group).push(row);
      });
      return Array.from(groups.values()).flat();
    }
    function show() {
      const seen = new Set(), open = new Set();
      heads.forEach(function (head) { head.hidden = true; });
      ordered().forEach(function (row) {
        const match = matches(row), head = grouped && grouped.checked && heads.get(row.dataset.group);
        if (head && match && !seen.has(head)) {
          seen.add(head);
          head.hidden = false;
          body.append(head);
        }
        row.hidden = !match || Boolean(head && head.querySelector(".seeds").getAttribute("aria-expanded") === "false");
        if (match) { open.add(row.dataset.run); }
        body.append(row);
      });
      panels.forEach(function (panel) {
        panel.hidden = !panel.dataset.runs.trim().split(" ").some(function (run) { return open.has(run); });
      });
      found.textContent = open.size + " of " + rows.length + " runs";
    }
    function arrows() {
      all("th[aria-sort]", table).forEach(function (head) {
        const own = head.querySelector("button").dataset.sort === key;
        head.setAttribute("aria-sort", own ? (up > 0 ? "ascending" : "descending") : "none");
      });
    }
    function keep() {
      const state = new URLSearchParams();
      if (search.value) { state.set("q", search.value); }
      if (verdict.value) { state.set("verdict", verdict.value); }
      if (key) { state.set("sort", (up > 0 ? "" : "-") + key); }
      if (grouped && !grouped.checked) { state.set("groups", "no"); }
      const address = "#runs" + (state.size ? "?" + state : "");
      if (location.hash !== address && (state.size || location.hash)) {
        try { history.replaceState(null, "", address); } catch (refused) { location.hash = address; }
      }
    }
    function recallState() {
      if (!location.hash.startsWith("#runs")) { return; }
      const state = new URLSearchParams(location.hash.slice(6)), sort = state.get("sort") || "";
      search.value = state.get("q") || "";
      verdict.value = state.get("verdict") || "";
      if (grouped) { grouped.checked = state.get("groups") !== "no"; }
      up = sort.startsWith("-") ? -1 : 1;
      key = sort.replace(/^-/, "");
      arrows();
      show();
    }
    all("button.sort", table).forEach(function (button) {
      button.addEventListener("click", function () {
        up = key === button.dataset.sort ? -up : 1;
        key = button.dataset.sort;
        arrows();
        show();
        keep();
      });
    });
    all("button.seeds", table).forEach(function (button) {
      const name = button.parentElement.querySelector(".who").textContent;
      function label() {
        const open = button.getAttribute("aria-expanded") === "true";
        button.textContent = open ? "\u25be" : "\u25b8";
        button.setAttribute("aria-label", (open ? "Fold" : "Show") + " the seeds of " + name);
      }
      button.hidden = false;
      label();
      button.addEventListener("click", function () {
        button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
        label();
        show();
      });
    });
    [search, verdict, grouped].filter(Boolean).forEach(function (control) {
      control.addEventListener("input", function () { show(); keep(); });
    });
    addEventListener("hashchange", recallState);
    show();
    recallState();
  }
})();
