// Draws a curve when it comes near the screen, and again when the colours change. Loads nothing.
(function () {
  "use strict";
  const dataOf = window.rldoctor.dataOf;
  const boxes = [];
  const drawn = new Set();
  let withReference = true;
  const sizes = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      const box = entry.target;
      if (box.clientWidth && Math.abs(box.clientWidth - box._fullLayout.width) > 1) { Plotly.Plots.resize(box); }
    });
  });

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function band(limit, figure) {
    // The side of the limit on which the measured value lies, to the edge of the plot.
    const end = limit.side > 0 ? figure.range[1] : figure.range[0];
    return { type: "rect", xref: "paper", x0: 0, x1: 1, yref: "y", y0: limit.at, y1: end,
      fillcolor: colour("beyond"), line: { width: 0 }, layer: "below" };
  }

  function shapes(figure) {
    const found = figure.spans.map(function (span) {
      return { type: "rect", xref: "x", x0: span[0], x1: span[1], yref: "paper", y0: 0, y1: 1,
        fillcolor: colour("shade"), line: { width: 0 }, layer: "below" };
    });
    figure.limits.forEach(function (limit) {
      if (limit.side) { found.push(band(limit, figure)); }
      found.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: limit.at, y1: limit.at,
        line: { color: colour("limit"), width: 1.5, dash: "dash" } });
    });
    (figure.levels || []).forEach(function (level) {
      found.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: level.at, y1: level.at,
        line: { color: colour("muted"), width: 1, dash: "dot" }, layer: "below" });
    });
    figure.marks.forEach(function (mark) {
      found.push({ type: "line", xref: "x", x0: mark.at, x1: mark.at, yref: "paper", y0: 0, y1: 1,
        line: { color: colour("mark"), width: 1.5 } });
    });
    return found;
  }

  function labels(figure, last) {
    const onLog = figure.type === "log";
    const limits = figure.limits.map(function (limit) {
      return { xref: "paper", x: 1, xanchor: "right", yref: "y", y: onLog ? Math.log10(limit.at) : limit.at,
        yanchor: "bottom", text: limit.text, showarrow: false, font: { color: colour("limit"), size: 11 } };
    });
    const levels = (figure.levels || []).map(function (level) {
      return { xref: "paper", x: 1, xanchor: "right", yref: "y", y: onLog ? Math.log10(level.at) : level.at,
        yanchor: "bottom", text: level.text, showarrow: false, font: { color: colour("muted"), size: 11 } };
    });
    const marks = figure.marks.filter(function (mark) { return mark.text; }).map(function (mark) {
      const right = mark.at > 0.7 * last;
      return { xref: "x", x: mark.at, xanchor: right ? "right" : "left", yref: "paper", y: 1, yanchor: "top",
        text: mark.text, showarrow: false, xshift: right ? -3 : 3, bgcolor: colour("card"),
        font: { color: colour("mark"), size: 11 } };
    });
    return limits.concat(levels, marks);
  }

  function layout(figure, curve) {
    const onLog = figure.type === "log";
    const axis = { gridcolor: colour("grid"), zerolinecolor: colour("line"), linecolor: colour("line"), automargin: true };
    return {
      margin: { l: 52, r: 12, t: 10, b: 38 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: colour("sans"), size: 12, color: colour("muted") }, showlegend: false, hovermode: "x",
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
      xaxis: Object.assign({ title: { text: "step", standoff: 6 }, tickformat: "~s" }, axis),
      yaxis: Object.assign({ type: figure.type, range: figure.range.map(onLog ? Math.log10 : Number),
        exponentformat: onLog && figure.range[0] >= 0.5 ? "SI" : "power", minexponent: 5, separatethousands: true, nticks: 6 }, onLog ? { dtick: decades(figure.range) } : {}, axis),
      shapes: shapes(figure), annotations: labels(figure, curve.x[curve.x.length - 1])
    };
  }

  function decades(range) {
    return Math.max(1, Math.ceil(Math.log10(range[1] / range[0]) / 5));
  }

  // A restless curve is drawn lightly, and the mean of its stretches over it.
  function meanTrace(line, data) {
    const curve = line.points || data.curves[line.curve];
    return !curve.mean ? [] : [{ x: curve.mean.x, y: curve.mean.y, type: "scatter", mode: "lines", hoverinfo: "skip",
      line: { color: colour(line.side === "base" ? "muted" : "curve"), width: 2.2 } }];
  }

  function trace(line, data) {
    const curve = line.points || data.curves[line.curve];
    const base = line.side === "base";
    return { x: curve.x, y: curve.y, type: "scatter", mode: curve.x.length < 60 ? "lines+markers" : "lines",
      opacity: curve.mean ? 0.35 : 1,
      line: { color: colour(base ? "muted" : "curve"), width: curve.mean ? 1 : 1.4, dash: base ? "dot" : "solid" },
      marker: { size: 5 }, connectgaps: false, name: line.name,
      hovertemplate: "step %{x:,.0f}<br>%{y:.4~g}<extra>" + line.name.replace(/[<>&]/g, "") + "</extra>" };
  }

  // The reference runs behind the curve, up to the end of this run: lower edge, upper edge with the shade, median.
  function bandTraces(figure, last, data) {
    if (figure.band === undefined || !withReference) { return []; }
    const band = data.bands[figure.band];
    const at = band.x.map(function (x, i) { return i; }).filter(function (i) {
      return band.x[i] <= last && band.low[i] !== null && band.mid[i] !== null && band.high[i] !== null;
    });
    function part(name, more) {
      return Object.assign({ x: at.map(function (i) { return band.x[i]; }), y: at.map(function (i) { return band[name][i]; }),
        type: "scatter", mode: "lines", line: { width: 0 }, hoverinfo: "skip" }, more);
    }
    return [part("low", {}), part("high", { fill: "tonexty", fillcolor: colour("reference") }),
      part("mid", { line: { color: colour("muted"), width: 1.2, dash: "dot" }, hoverinfo: "all", name: "reference",
        hovertemplate: "%{y:.4~g}<extra>reference</extra>" })];
  }

  const described = new Map();

  // A figure that is not in the page's data: a metric of the browser.
  function plot(box, figure, curve) {
    described.set(box, { figure: figure, curve: curve });
    draw(box);
  }

  function draw(box) {
    window.rldoctor.script("plotly");
    const given = described.get(box), data = dataOf(box);
    const figure = given ? given.figure : data.figures[Number(box.dataset.figure)];
    const curve = given ? given.curve : data.curves[figure.curve];
    // A comparison has a line for each run: the base dashed and grey, the candidate in the curve's colour.
    const own = (figure.lines || [{ points: curve, name: "", side: "candidate" }]).flatMap(function (line) {
      return [trace(line, data)].concat(meanTrace(line, data));
    });
    const lines = bandTraces(figure, curve.x[curve.x.length - 1], data).concat(own);
    const options = { displayModeBar: false, displaylogo: false, doubleClick: "reset+autosize" };
    const shape = layout(figure, curve);
    if (document.documentElement.classList.contains("printing")) { shape.width = box.clientWidth; }
    Plotly.react(box, lines, shape, options);
    box.dataset.drawn = "yes";
    if (!drawn.has(box)) { sizes.observe(box); }
    drawn.add(box);
  }

  function redraw() { drawn.forEach(draw); }

  const switches = [];
  function listen(one) {
    switches.push(one);
    one.checked = withReference;
    one.addEventListener("change", function () {
      withReference = one.checked;
      document.documentElement.classList.toggle("no-reference", !withReference);
      switches.forEach(function (other) { other.checked = withReference; });
      redraw();
    });
  }

  const watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) {
        watcher.unobserve(entry.target);
        draw(entry.target);
      }
    });
  }, { rootMargin: "400px" });
  function take(part) {
    part.querySelectorAll("[data-reference]").forEach(listen);
    part.querySelectorAll("[data-figure]").forEach(function (box) {
      boxes.push(box);
      // What is on the first screen is drawn at once; a folded part waits.
      const folded = box.closest("details:not([open])");
      if (!folded && box.getBoundingClientRect().top < innerHeight + 400) { draw(box); } else { watcher.observe(box); }
    });
  }
  take(document);
  addEventListener("rldoctor:filled", function (event) { take(event.detail); });

  // page.js says when the colours have changed and when everything has to be drawn, for paper.
  addEventListener("rldoctor:colours", redraw);
  addEventListener("rldoctor:paper", function () {
    boxes.filter(function (box) { return !box.closest("details:not([open])"); }).forEach(draw);
  });

  // What the browser of metrics uses.
  window.rldoctor.plot = plot;
})();
