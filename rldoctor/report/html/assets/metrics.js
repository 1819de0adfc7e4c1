// The browser of all metrics: rows when the fold is opened, sparklines when they are seen, a plot when asked for.
(function () {
  "use strict";
  const WIDTH = 120, HEIGHT = 24;
  const KINDS = { metric: "", second: "logged again", computed: "computed", "not understood": "not understood" };
  const decoded = new Map();

  function floats(text) {
    const bytes = Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
    return new Float32Array(bytes.buffer);
  }
  function axis(text) {
    if (!decoded.has(text)) { decoded.set(text, floats(text)); }
    return decoded.get(text);
  }
  function made(name, text, kind) {
    const node = document.createElement(name);
    if (text) { node.textContent = text; }
    if (kind) { node.className = kind; }
    return node;
  }

  function extent(values) {
    let low = Infinity, high = -Infinity;
    values.forEach(function (value) { low = Math.min(low, value); high = Math.max(high, value); });
    return [low, high];
  }

  function spark(box, entry) {
    const x = axis(entry.axis), y = floats(entry.y);
    const [low, high] = extent(y), first = x[0], wide = x[x.length - 1] - first || 1, tall = high - low || 1;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    let d = "";
    y.forEach(function (value, i) {
      const across = (x[i] - first) / wide * WIDTH;
      const up = high === low ? HEIGHT / 2 : HEIGHT - (value - low) / tall * HEIGHT;
      d += (i ? "L" : "M") + across.toFixed(1) + " " + up.toFixed(1);
    });
    path.setAttribute("d", d);
    svg.setAttribute("viewBox", "-1 -1 " + (WIDTH + 2) + " " + (HEIGHT + 2));
    svg.setAttribute("aria-hidden", "true");
    svg.append(path);
    box.append(svg);
  }

  function figure(entry, x, y) {
    const [low, high] = extent(y), onLog = low > 0 && high / low > 1000;
    const room = onLog ? Math.pow(high / low, 0.06) : 0.06 * (high - low) || 0.05 * Math.abs(high) || 1;
    return { type: onLog ? "log" : "linear", limits: [], spans: [], marks: [],
      range: onLog ? [low / room, high * room] : [low - room, high + room] };
  }

  function open(row, entry, button) {
    const shown = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!shown));
    let box = row.querySelector(".detail");
    if (box) { box.hidden = shown; return; }
    box = made("div", "", "detail");
    row.append(box);
    box.append(made("p", about(entry), "about"));
    if (entry.y === undefined) { return; }
    const plot = made("div", "", "plot");
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", (entry.m || entry.t) + " over training: " + about(entry));
    box.prepend(plot);
    const x = Array.from(axis(entry.axis)), y = Array.from(floats(entry.y));
    window.rldoctor.plot(plot, figure(entry, x, y), { x: x, y: y });
  }

  function about(entry) {
    const parts = [entry.n.toLocaleString("en") + (entry.n === 1 ? " point" : " points")];
    if (entry.b) { parts.push(entry.b.toLocaleString("en") + " not finite, not drawn"); }
    if (entry.l) { parts.push("from " + entry.l[0] + " to " + entry.l[1], "lowest " + entry.l[2], "highest " + entry.l[3]); }
    if (entry.u) { parts.push("in " + entry.u); }
    return parts.join(", ");
  }

  function row(entry, watcher) {
    const item = made("li"), button = made("button", "", "metric");
    const name = made("span", "", "who"), curve = made("span", "", "spark");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    if (entry.m) { name.append(made("b", entry.m), " "); }
    if (entry.t !== entry.m) { name.append(made("code", entry.t)); }
    if (KINDS[entry.k]) { name.append(" ", made("span", KINDS[entry.k], "muted")); }
    button.append(name, curve, made("span", entry.l ? entry.l[1] : "no number", "last"));
    button.addEventListener("click", function () { open(item, entry, button); });
    item.append(button);
    item.text = [entry.m, entry.t, entry.k, entry.u].join(" ").toLowerCase();
    if (entry.y !== undefined) {
      curve.entry = entry;
      watcher.observe(curve);
    }
    return item;
  }

  function fill(fold) {
    const data = window.rldoctor.dataOf(fold), entries = data.metrics[Number(fold.dataset.metrics)];
    entries.forEach(function (entry) { if (entry.y !== undefined) { entry.axis = data.axes[entry.x]; } });
    const list = fold.querySelector(".browse"), search = fold.querySelector("input"), found = fold.querySelector(".found");
    const watcher = new IntersectionObserver(function (seen) {
      seen.forEach(function (one) {
        if (one.isIntersecting) {
          watcher.unobserve(one.target);
          spark(one.target, one.target.entry);
        }
      });
    }, { rootMargin: "300px" });
    const rows = entries.map(function (entry) { return row(entry, watcher); });
    list.append.apply(list, rows);
    function filter() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      rows.forEach(function (item) {
        item.hidden = !words.every(function (word) { return item.text.includes(word); });
        count += item.hidden ? 0 : 1;
      });
      found.textContent = count + " of " + rows.length;
    }
    search.addEventListener("input", filter);
    filter();
  }

  function take(part) {
    part.querySelectorAll("details[data-metrics]").forEach(function (fold) {
      function once() {
        if (fold.open && !fold.dataset.filled && fold.querySelector(".browse")) {
          fold.dataset.filled = "yes";
          fill(fold);
        }
      }
      fold.addEventListener("toggle", once);
      once();
    });
  }
  take(document);
  addEventListener("rldoctor:filled", function (event) { take(event.detail); });
})();
