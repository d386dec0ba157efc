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
      if (key === "high_confidence") button.title = this.settings.sure;
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
      if (wanted === "called" ? call === "none" : wanted === "sure" ? call === "none" || table.high_confidence[i] !== "True" : wanted === "tested" ? table.pvalue[i] === null : wanted !== "all" && call !== wanted) continue;
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
        : key === "high_confidence" ? (table.direction[i] === "none" || !table[key][i] ? "–" : table[key][i] === "True" ? "yes" : "no")
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
    const { table } = this, columns = FILE_COLUMNS;
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
