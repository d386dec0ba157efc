"use strict";
(() => {
  const ROW = 28; // px; the style sheet has the same
  const GRID = 3; // px; of uncalled points nearer than this one is drawn
  const ALL_CALLED = 4000; // called points that are all drawn, however near
  const CONFIG = { displaylogo: false, responsive: true, showTips: false, displayModeBar: "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], toImageButtonOptions: { format: "svg" } };
  const COLUMNS = [ // key, heading, width, number?
    ["symbol", "Gene", "13%", false], ["place", "Position", "21%", false], ["baseMean", "Mean level", "9%", true],
    ["log2FoldChange", "log2 FC", "8%", true], ["interval", "95% interval", "12%", true],
    ["pvalue", "P", "7%", true], ["padj", "Adjusted P", "8%", true],
    ["shrunkenLog2FoldChange", "Shrunken", "8%", true], ["svalue", "s-value", "7%", true], ["direction", "Call", "7%", false]];
  const FILE_COLUMNS = ["chrom", "start", "end", "strand", "region_id", "gene_id", "symbol", "baseMean", "log2FoldChange",
    "lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue", "padj", "direction", "shrunkenLog2FoldChange", "svalue"];

  async function unpack(packed) {
    const binary = atob(packed.trim());
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  let plotly = null;
  function loadPlotly() {
    plotly ??= unpack(document.getElementById("plotly-packed").textContent).then((code) => {
      const script = document.createElement("script");
      script.textContent = code;
      document.head.append(script);
      return window.Plotly;
    });
    return plotly;
  }

  function decode(data) {
    const table = { n: data.n, extra: [] };
    for (const [name, { levels, codes }] of Object.entries(data.coded)) {
      table[name] = codes.map((code) => levels[code]);
      if (!FILE_COLUMNS.includes(name)) table.extra.push(name);
    }
    Object.assign(table, data.text, data.number);
    for (const name of ["shrunkenLog2FoldChange", "svalue"]) table[name] ??= new Array(data.n).fill(null); // of earlier releases
    let at = 0;
    table.start = data.step.map((step) => (at += step));
    table.end = table.start.map((start, i) => start + data.width[i]);
    table.searched = table.symbol.map((s, i) => `${s}\n${table.gene_id[i]}\n${table.region_id[i]}`.toLowerCase());
    return table;
  }

  const THOUSANDS = new Intl.NumberFormat("en-US");
  function number(value) {
    if (value === null) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value);
    let text = size < 1e-3 ? size.toExponential(2) : size >= 1000 ? THOUSANDS.format(Math.round(size)) : String(+size.toPrecision(3));
    return value < 0 ? "−" + text : text;
  }
  const change = (value) => (value === null ? "–" : (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−"));
  const place = (t, i) => `${t.chrom[i]}:${THOUSANDS.format(t.start[i] + 1)}-${THOUSANDS.format(t.end[i])}`;
  const name = (t, i) => t.symbol[i] || t.region_id[i];
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /* A table of any length: only the rows in sight exist. */
  class Results {
    constructor(root, table, settings) {
      Object.assign(this, { table, settings, window: root.querySelector(".window"), search: root.querySelector(".search"),
        which: root.querySelector(".which"), shown: root.querySelector(".shown"), selected: -1, onselect: () => {} });
      this.order = { key: "svalue", down: false };
      this.build();
      this.search.addEventListener("input", () => this.refresh());
      this.which.addEventListener("change", () => this.refresh());
      this.window.addEventListener("scroll", () => this.paint());
      this.window.addEventListener("keydown", (event) => this.key(event));
      root.querySelector(".download").addEventListener("click", () => this.download());
      this.refresh();
    }

    build() {
      const head = element("tr");
      this.heads = {};
      for (const [key, title, width, numeric] of COLUMNS) {
        const button = element("button", { type: "button", textContent: title });
        button.addEventListener("click", () => this.sortBy(key));
        const cell = element("th", { scope: "col", className: numeric ? "n" : "" }, button);
        cell.style.width = width;
        this.heads[key] = cell;
        head.append(cell);
      }
      this.body = element("tbody");
      this.grid = element("table", {}, element("thead", {}, head), this.body);
      this.window.replaceChildren(this.grid);
      this.body.addEventListener("click", (event) => {
        const row = event.target.closest("tr.row");
        if (row) this.select(Number(row.dataset.row));
      });
    }

    sortBy(key) {
      const text = ["symbol", "place", "direction"].includes(key);
      this.order = { key, down: this.order.key === key ? !this.order.down : !text && !["pvalue", "padj", "svalue"].includes(key) };
      this.window.scrollTop = 0;
      this.refresh();
    }

    matches() {
      const { table } = this, wanted = this.which.value, text = this.search.value.trim().toLowerCase();
      const range = /^([\w.]+):([\d,]+)-([\d,]+)$/.exec(text);
      const [low, high] = range ? [2, 3].map((k) => Number(range[k].replaceAll(",", ""))) : [0, 0];
      const kept = [];
      for (let i = 0; i < table.n; i++) {
        const call = table.direction[i];
        if (wanted === "called" ? call === "none" : wanted === "tested" ? table.pvalue[i] === null : wanted !== "all" && call !== wanted) continue;
        if (range ? table.chrom[i].toLowerCase() !== range[1] || table.end[i] < low || table.start[i] >= high
          : text && !table.searched[i].includes(text)) continue;
        kept.push(i);
      }
      return kept;
    }

    refresh() {
      const { table } = this, { key, down } = this.order;
      this.rows = this.matches();
      if (key === "place") { if (down) this.rows.reverse(); } else {
        const values = key === "interval" ? table.ci_low : key === "svalue" ? table.rank : key === "symbol" ? table.symbol.map((s, i) => s || table.region_id[i]) : table[key];
        const sign = down ? -1 : 1, words = typeof values.find((v) => v !== null) === "string";
        this.rows.sort((a, b) => {
          const x = values[a], y = values[b];
          if (x === null || y === null) return (x === null) - (y === null) || a - b; // undefined numbers last, either way
          const order = words ? (x < y ? -1 : x > y ? 1 : 0) : x - y;
          return sign * order || a - b;
        });
      }
      for (const [k, cell] of Object.entries(this.heads)) {
        if (k === key) cell.setAttribute("aria-sort", down ? "descending" : "ascending"); else cell.removeAttribute("aria-sort");
      }
      this.shown.textContent = `${THOUSANDS.format(this.rows.length)} of ${THOUSANDS.format(table.n)} regions`;
      this.grid.setAttribute("aria-rowcount", String(this.rows.length + 1));
      this.painted = null;
      this.paint();
    }

    paint() {
      const first = Math.max(0, Math.floor(this.window.scrollTop / ROW) - 10);
      const last = Math.min(this.rows.length, first + Math.ceil((this.window.clientHeight || 400) / ROW) + 20);
      const now = `${first}-${last}-${this.selected}`;
      if (now === this.painted) return;
      this.painted = now;
      const space = (rows) => {
        const cell = element("td", { colSpan: COLUMNS.length });
        cell.style.height = `${rows * ROW}px`;
        return element("tr", { className: "space", ariaHidden: "true" }, cell);
      };
      const made = [space(first)];
      for (let at = first; at < last; at++) made.push(this.row(this.rows[at], at));
      made.push(space(this.rows.length - last));
      if (!this.rows.length) made.push(element("tr", {}, element("td", { className: "empty", colSpan: COLUMNS.length, textContent: "No region matches." })));
      this.body.replaceChildren(...made);
    }

    row(i, at) {
      const { table } = this, made = element("tr", { className: "row", ariaSelected: String(i === this.selected) });
      made.dataset.row = i;
      made.setAttribute("aria-rowindex", String(at + 2));
      for (const [key, , , numeric] of COLUMNS) {
        const text = key === "symbol" ? name(table, i) : key === "place" ? place(table, i)
          : key === "interval" ? (table.ci_low[i] === null ? "–" : `${change(table.ci_low[i])} to ${change(table.ci_high[i])}`)
          : key === "log2FoldChange" || key === "shrunkenLog2FoldChange" ? change(table[key][i]) : numeric ? number(table[key][i]) : table[key][i];
        const cell = element("td", { className: numeric ? "n" : "" });
        if (key === "direction") cell.append(element("span", { className: `dir ${text}`, textContent: text })); else cell.textContent = text;
        if (key === "symbol") cell.title = `${table.region_id[i]} ${table.gene_id[i]}`.trim();
        made.append(cell);
      }
      return made;
    }

    /* Show row i, whatever is searched for now. */
    reveal(i) {
      if (!this.rows.includes(i)) { this.search.value = ""; this.which.value = "all"; this.refresh(); }
      const at = this.rows.indexOf(i), height = this.window.clientHeight - ROW;
      if (at * ROW < this.window.scrollTop || (at + 1) * ROW > this.window.scrollTop + height) this.window.scrollTop = Math.max(0, at * ROW - height / 2);
      this.select(i);
    }

    select(i) { this.selected = i; this.paint(); this.onselect(i); }

    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
      if (!step || event.target !== this.window || !this.rows.length) return;
      event.preventDefault();
      const at = this.rows.indexOf(this.selected);
      this.reveal(this.rows[Math.min(this.rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))]);
    }

    download() {
      const { table } = this, columns = [...FILE_COLUMNS, ...table.extra];
      const lines = [`# ${this.settings.name}: ${this.rows.length} of ${table.n} regions, numbers rounded to 4 digits`, columns.join("\t")];
      for (const i of this.rows) lines.push(columns.map((c) => table[c][i] ?? "NA").join("\t"));
      const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/tab-separated-values" }));
      const link = element("a", { href: url, download: `${this.settings.file}.selection.tsv` });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    }
  }

  /* A scatter plot that draws of points lying on one another only one, again after each zoom. */
  class Scatter {
    constructor(root, table, settings, kind, onclick) {
      Object.assign(this, { root, table, settings, onclick, selected: -1 });
      const volcano = kind === "volcano", change = table.log2FoldChange;
      const log10 = table.pvalue.map((p) => (p === null ? null : p > 0 ? -Math.log10(p) : 320));
      const level = table.baseMean.map((m) => (m > 0 ? Math.log2(m) : null));
      this.volcano = volcano;
      this.x = volcano ? change : level;
      this.y = volcano ? log10 : change;
      this.titles = volcano ? [settings.change, settings.significance] : [settings.level, settings.change];
      const there = (i) => this.x[i] !== null && this.y[i] !== null;
      this.groups = ["none", "loss", "gain"].map((call) => ({ call, rows: [] }));
      const by = Object.fromEntries(this.groups.map((g) => [g.call, g.rows]));
      for (let i = 0; i < table.n; i++) if (there(i)) by[table.direction[i]].push(i);
      this.full = [this.range(this.x), this.range(this.y, volcano)];
      this.threshold = volcano ? this.lowestCall() : null;
    }

    range(values, zero = false) {
      let low = Infinity, high = -Infinity;
      for (let i = 0; i < values.length; i++) {
        if (this.x[i] === null || this.y[i] === null) continue;
        low = Math.min(low, values[i]); high = Math.max(high, values[i]);
      }
      if (low > high) return [0, 1];
      const pad = (high - low) * 0.05 || 1;
      return [zero ? -0.02 * (high || 1) : low - pad, high + pad];
    }

    /* Half way between the weakest P that is called and the next. */
    lowestCall() {
      let called = Infinity, next = 0;
      for (const { call, rows } of this.groups) if (call !== "none") for (const i of rows) called = Math.min(called, this.y[i]);
      if (called === Infinity) return null;
      for (const i of this.groups[0].rows) if (this.y[i] < called) next = Math.max(next, this.y[i]);
      return (called + next) / 2;
    }

    pick({ call, rows }, [x0, x1], [y0, y1]) {
      const cell = call === "none" ? GRID : rows.length > ALL_CALLED ? 1.5 : 0;
      const dx = x1 - x0, dy = y1 - y0;
      const inside = rows.filter((i) => this.x[i] > x0 - dx / 2 && this.x[i] < x1 + dx / 2 && this.y[i] > y0 - dy / 2 && this.y[i] < y1 + dy / 2);
      if (!cell) return inside;
      const across = Math.ceil((2 * (this.root.clientWidth || 500)) / cell), down = Math.ceil((2 * (this.root.clientHeight || 390)) / cell);
      const taken = new Uint8Array(across * down + down + across + 1);
      return inside.filter((i) => {
        const at = Math.floor(((this.x[i] - x0 + dx / 2) / (2 * dx)) * across) + across * Math.floor(((this.y[i] - y0 + dy / 2) / (2 * dy)) * down);
        return !taken[at] && (taken[at] = 1);
      });
    }

    points(rows) {
      const t = this.table;
      return { x: rows.map((i) => this.x[i]), y: rows.map((i) => this.y[i]), customdata: rows,
        text: rows.map((i) => `<b>${plain(name(t, i))}</b><br>${plain(place(t, i))}<br>log2 FC ${change(t.log2FoldChange[i])}, P ${number(t.pvalue[i])}, adjusted ${number(t.padj[i])}<br>shrunken ${change(t.shrunkenLog2FoldChange[i])}, s-value ${number(t.svalue[i])}`) };
    }

    traces(ranges) {
      const found = this.groups.map((group) => ({ type: "scatter", mode: "markers", hovertemplate: "%{text}<extra></extra>", name: group.call,
        ...this.points(this.pick(group, ...ranges)),
        marker: { color: this.settings.colours[group.call], size: group.call === "none" ? 4 : 6, opacity: group.call === "none" ? 0.45 : 0.85 } }));
      const chosen = this.selected >= 0 && this.x[this.selected] !== null && this.y[this.selected] !== null ? [this.selected] : [];
      found.push({ type: "scatter", mode: "markers+text", hoverinfo: "skip", name: "selected", x: chosen.map((i) => this.x[i]), y: chosen.map((i) => this.y[i]),
        text: chosen.map((i) => plain(name(this.table, i))), textposition: "top center", cliponaxis: false,
        marker: { color: "rgba(0,0,0,0)", size: 13, line: { color: "#1d2733", width: 2 } } });
      return found;
    }

    layout() {
      const axis = (title, range, zeroline) => ({ title: { text: title, standoff: 8 }, range, zeroline, zerolinecolor: "#9aa5b1", gridcolor: "#eceff2", linecolor: "#9aa5b1", ticks: "outside", tickcolor: "#9aa5b1", ticklen: 4 });
      const line = this.threshold === null ? [] : [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: this.threshold, y1: this.threshold, line: { color: "#55616e", width: 1, dash: "dot" } }];
      const note = this.threshold === null ? [] : [{ xref: "paper", x: 1, xanchor: "right", y: this.threshold, yanchor: "bottom", showarrow: false, text: `FDR ${this.settings.fdr}`, font: { size: 11, color: "#55616e" } }];
      return { ...structuredClone(this.settings.layout), shapes: line, annotations: note, xaxis: axis(this.titles[0], this.full[0], this.volcano), yaxis: axis(this.titles[1], this.full[1], !this.volcano) };
    }

    async draw(Plotly) {
      this.Plotly = Plotly;
      await Plotly.newPlot(this.root, this.traces(this.full), this.layout(), CONFIG);
      this.root.on("plotly_relayout", () => this.update());
      this.root.on("plotly_click", (event) => { const i = event.points[0]?.customdata; if (Number.isInteger(i)) this.onclick(i); });
    }

    update() {
      if (!this.Plotly) return;
      const { xaxis, yaxis } = this.root._fullLayout;
      const ranges = [xaxis.range, yaxis.range].map((r) => r.map(Number));
      const layout = this.layout();
      layout.xaxis.range = ranges[0];
      layout.yaxis.range = ranges[1];
      this.Plotly.react(this.root, this.traces(ranges), layout, CONFIG);
    }

    select(i) { this.selected = i; this.update(); }
  }

  async function open(root) {
    if (root.dataset.opened) return;
    root.dataset.opened = "yes";
    try {
      const settings = JSON.parse(await unpack(root.dataset.settings));
      const table = decode(JSON.parse(await unpack(document.getElementById(root.dataset.results).textContent)));
      const results = new Results(root, table, settings);
      const Plotly = await loadPlotly();
      const scatters = [...root.querySelectorAll(".plot")].map((div) =>
        new Scatter(div, table, settings, div.id.split("-").pop(), (i) => results.reveal(i)));
      results.onselect = (i) => scatters.forEach((s) => s.select(i));
      for (const scatter of scatters) await scatter.draw(Plotly);
      root.dataset.ready = "yes";
    } catch (error) {
      root.prepend(element("p", { className: "problem", textContent: `This part could not be shown (${error.message}). A browser of 2023 or later is needed.` }));
      console.error(error);
    }
  }

  function openWhenSeen() {
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) { watcher.unobserve(target); open(target); }
    }, { rootMargin: "600px" });
    document.querySelectorAll(".explorer").forEach((root) => watcher.observe(root));
    // What is unfolded is drawn in the end without being seen, so that it can be printed.
    setTimeout(async () => { for (const root of document.querySelectorAll("details.kind[open] .explorer")) await open(root); }, 1500);
  }

  function copyMethods() {
    const done = document.getElementById("copied");
    document.getElementById("copy-methods").addEventListener("click", async () => {
      const box = document.getElementById("methods-text");
      const lines = [...box.querySelectorAll("p")].map((p) => p.textContent.trim());
      lines.push(...[...box.querySelectorAll("li")].map((li, i) => `${i + 1}. ${li.textContent.trim()}`));
      try { await navigator.clipboard.writeText(lines.join("\n")); done.textContent = "Copied."; } catch {
        getSelection().selectAllChildren(box);
        done.textContent = "Selected: copy with Ctrl+C.";
      }
    });
  }

  function followLinks() {
    const show = () => { const target = document.getElementById(location.hash.slice(1)); if (target?.matches("details")) { target.open = true; target.scrollIntoView(); } };
    addEventListener("hashchange", show);
    show();
  }

  openWhenSeen();
  copyMethods();
  followLinks();
})();
