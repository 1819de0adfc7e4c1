// Opens what the page holds compressed: Plotly when a curve is to be drawn, the runs of a long page when they are
// opened. Raw deflate (RFC 1951) in base64. Synchronous, because paper cannot wait. Loads nothing.
(function () {
  "use strict";
  const BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const FAR = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  // A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
  function code(lengths) {
    const count = new Uint16Array(16), place = new Uint16Array(16), symbols = new Uint16Array(lengths.length);
    lengths.forEach(function (length) { count[length] += 1; });
    count[0] = 0;
    for (let i = 1; i < 15; i += 1) { place[i + 1] = place[i] + count[i]; }
    lengths.forEach(function (length, symbol) { if (length) { symbols[place[length]++] = symbol; } });
    return { count: count, symbols: symbols };
  }
  function fixed() {
    const lengths = [];
    for (let i = 0; i < 288; i += 1) { lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8); }
    return [code(lengths), code(new Array(30).fill(5))];
  }

  function inflate(bytes, size) {
    const out = new Uint8Array(size);
    let from = 0, to = 0, held = 0, count = 0;

    function bits(need) {
      while (count < need) { held |= bytes[from++] << count; count += 8; }
      const value = held & ((1 << need) - 1);
      held >>>= need;
      count -= need;
      return value;
    }
    function symbol(tree) {
      let value = 0, first = 0, at = 0;
      for (let length = 1; length < 16; length += 1) {
        if (!count) { held = bytes[from++]; count = 8; }
        value |= held & 1;
        held >>>= 1;
        count -= 1;
        const here = tree.count[length];
        if (value - here < first) { return tree.symbols[at + value - first]; }
        at += here;
        first = (first + here) << 1;
        value <<= 1;
      }
      throw new Error("damaged data");
    }
    function stored() {
      held = count = 0;
      const length = bytes[from] | bytes[from + 1] << 8;
      out.set(bytes.subarray(from + 4, from + 4 + length), to);
      from += 4 + length;
      to += length;
    }
    function trees() {
      const literals = bits(5) + 257, distances = bits(5) + 1, given = bits(4) + 4, lengths = new Array(19).fill(0);
      for (let i = 0; i < given; i += 1) { lengths[ORDER[i]] = bits(3); }
      const tree = code(lengths), all = [];
      while (all.length < literals + distances) {
        const kind = symbol(tree);
        if (kind < 16) { all.push(kind); continue; }
        const value = kind === 16 ? all[all.length - 1] : 0;
        for (let again = kind === 16 ? 3 + bits(2) : kind === 17 ? 3 + bits(3) : 11 + bits(7); again; again -= 1) { all.push(value); }
      }
      return [code(all.slice(0, literals)), code(all.slice(literals))];
    }
    function block(pair) {
      for (;;) {
        const kind = symbol(pair[0]);
        if (kind === 256) { return; }
        if (kind < 256) { out[to++] = kind; continue; }
        const length = BASE[kind - 257] + bits(EXTRA[kind - 257]), far = symbol(pair[1]);
        const back = FAR[far] + bits(Math.max(0, (far >> 1) - 1));
        for (let i = 0; i < length; i += 1, to += 1) { out[to] = out[to - back]; }
      }
    }
    for (let last = 0; !last;) {
      last = bits(1);
      const kind = bits(2);
      if (kind === 0) { stored(); } else { block(kind === 1 ? fixed() : trees()); }
    }
    return out;
  }

  function text(id) {
    const block = document.getElementById(id), packed = atob(block.textContent.trim());
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i += 1) { bytes[i] = packed.charCodeAt(i); }
    return new TextDecoder().decode(inflate(bytes, Number(block.dataset.size)));
  }

  // A script of the page's own: the policy knows its hash, so it runs although it is put in later.
  const run = new Set();
  function script(id) {
    if (run.has(id)) { return; }
    run.add(id);
    const node = document.createElement("script");
    node.textContent = text(id);
    document.head.append(node);
  }

  // The body of a run and the data of its curves; whoever wants to know hears "rldoctor:filled".
  const data = new Map();
  function fill(fold) {
    const id = fold.dataset.pack;
    if (!id || data.has(fold)) { return; }
    const parts = JSON.parse(text(id));
    data.set(fold, parts.data);
    const body = document.createElement("div");
    body.innerHTML = parts.html;
    fold.querySelector(".brief").replaceWith(body);
    dispatchEvent(new CustomEvent("rldoctor:filled", { detail: body }));
  }

  // The data of the run that a part of the page belongs to, else that of the page.
  const block = document.getElementById("data");
  const whole = block ? JSON.parse(block.textContent) : null;
  function dataOf(node) {
    const fold = node.closest("[data-pack]");
    return (fold && data.get(fold)) || whole;
  }

  window.rldoctor = { fill: fill, script: script, dataOf: dataOf, inflate: inflate };
})();
