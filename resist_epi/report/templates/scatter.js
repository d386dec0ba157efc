/* Even steps of 1, 2 or 5 that cover a range. */
function ticks([low, high], most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough) ?? 10 * power;
  const made = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) made.push(Math.abs(at) < step * 1e-9 ? 0 : +at.toPrecision(12));
  return made;
}

/* Lines and numbers of an upright axis. */
function rungs(plot, c, colour, range) {
  const { left, width } = plot.box;
  c.strokeStyle = colour("grid");
  c.fillStyle = colour("ink");
  c.textBaseline = "middle";
  c.textAlign = "right";
  for (const y of ticks(range, 6)) {
    c.beginPath(); c.moveTo(left, plot.py(y)); c.lineTo(left + width, plot.py(y)); c.stroke();
    c.fillText(String(y).replace("-", "−"), left - 6, plot.py(y));
  }
}

/* A scatter plot on a canvas: hover names a point, a click chooses it, a drag zooms. */
class Scatter {
  constructor(root, table, settings, kind, onclick) {
    Object.assign(this, { root, table, settings, onclick, selected: -1, drag: null });
    this.volcano = kind === "volcano";
    const change = table.log2FoldChange;
    this.x = this.volcano ? change : table.baseMean.map((m) => (m > 0 ? Math.log2(m) : null));
    this.y = this.volcano ? table.pvalue.map((p) => (p === null ? null : p > 0 ? -Math.log10(p) : 320)) : change;
    this.titles = this.volcano ? [settings.change, settings.significance] : [settings.level, settings.change];
    this.shown = ["none", "loss", "gain"].flatMap((call) => [...table.direction.keys()].filter((i) => table.direction[i] === call && this.x[i] !== null && this.y[i] !== null));
    this.full = [this.extent(this.x), this.extent(this.y, this.volcano)];
    this.ranges = this.full;
    this.threshold = this.volcano ? this.lowestCall() : null;
    this.canvas = element("canvas");
    this.tip = element("div", { className: "tip", hidden: true });
    root.replaceChildren(this.canvas, this.tip);
    root.scatter = this;
    this.listen();
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    addEventListener("printing", () => this.draw());
    this.draw();
  }

  extent(values, zero = false) {
    let low = Infinity, high = -Infinity;
    for (const i of this.shown) { low = Math.min(low, values[i]); high = Math.max(high, values[i]); }
    if (low > high) return [0, 1];
    const pad = (high - low) * 0.05 || 1;
    return [zero ? -0.02 * (high || 1) : low - pad, high + pad];
  }

  /* Half way between the weakest P that is called and the next. */
  lowestCall() {
    let called = Infinity, next = 0;
    const isCalled = (i) => this.table.direction[i] !== "none";
    for (const i of this.shown) if (isCalled(i)) called = Math.min(called, this.y[i]);
    if (called === Infinity) return null;
    for (const i of this.shown) if (!isCalled(i) && this.y[i] < called) next = Math.max(next, this.y[i]);
    return (called + next) / 2;
  }

  /* Where a value lies in the canvas, and the reverse. */
  px(x) { const [a, b] = this.ranges[0]; return this.box.left + ((x - a) / (b - a)) * this.box.width; }
  py(y) { const [a, b] = this.ranges[1]; return this.box.top + (1 - (y - a) / (b - a)) * this.box.height; }
  valueAt(px, py) {
    const [[a, b], [c, d]] = this.ranges;
    return [a + ((px - this.box.left) / this.box.width) * (b - a), d - ((py - this.box.top) / this.box.height) * (d - c)];
  }
  place(row) { return [this.px(this.x[row]), this.py(this.y[row])]; }
  inside(i) {
    const [[a, b], [c, d]] = this.ranges;
    return this.x[i] >= a && this.x[i] <= b && this.y[i] >= c && this.y[i] <= d;
  }
  drawn() { return this.shown.filter((i) => this.inside(i)); }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.root, scale = devicePixelRatio || 1;
    if (!width || !height) return;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    this.box = { left: 52, top: 10, width: Math.max(width - 64, 10), height: Math.max(height - 54, 10) };
    const c = this.canvas.getContext("2d"), style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    c.scale(scale, scale);
    c.font = `12px ${style.fontFamily}`;
    this.frame(c, colour);
    c.save();
    c.beginPath();
    c.rect(this.box.left, this.box.top, this.box.width, this.box.height);
    c.clip();
    for (const i of this.drawn()) {
      const call = this.table.direction[i], [px, py] = this.place(i);
      c.globalAlpha = call === "none" ? 0.4 : 0.85;
      c.fillStyle = colour(`dot-${call}`);
      c.beginPath();
      c.arc(px, py, call === "none" ? 1.9 : 3, 0, 7);
      c.fill();
    }
    c.globalAlpha = 1;
    c.restore();
    this.over(c, colour);
  }

  frame(c, colour) {
    const { left, top, width, height } = this.box;
    rungs(this, c, colour, this.ranges[1]);
    c.textAlign = "center";
    c.textBaseline = "top";
    for (const x of ticks(this.ranges[0], 7)) {
      c.beginPath(); c.moveTo(this.px(x), top); c.lineTo(this.px(x), top + height); c.stroke();
      c.fillText(String(x).replace("-", "−"), this.px(x), top + height + 5);
    }
    c.strokeStyle = colour("rule");
    c.strokeRect(left, top, width, height);
    c.fillText(this.titles[0], left + width / 2, top + height + 24);
    upright(c, this.titles[1], 4, top + height / 2, this.root.clientHeight);
  }

  /* The line of the false discovery rate, the chosen point, and what is being dragged. */
  over(c, colour) {
    const { left, top, width } = this.box;
    const [low, high] = this.ranges[1];
    if (this.threshold !== null && this.threshold > low && this.threshold < high) {
      const y = this.py(this.threshold);
      c.strokeStyle = c.fillStyle = colour("soft");
      c.setLineDash([2, 3]);
      c.beginPath(); c.moveTo(left, y); c.lineTo(left + width, y); c.stroke();
      c.setLineDash([]);
      c.textAlign = "right"; c.textBaseline = "bottom";
      c.fillText(`FDR ${this.settings.fdr}`, left + width - 4, y - 1);
    }
    const i = this.selected;
    if (i >= 0 && this.x[i] !== null && this.y[i] !== null && this.inside(i)) {
      const [px, py] = this.place(i);
      c.strokeStyle = c.fillStyle = colour("ink");
      c.lineWidth = 2;
      c.beginPath(); c.arc(px, py, 6.5, 0, 7); c.stroke();
      c.lineWidth = 1;
      const text = name(this.table, i), half = c.measureText(text).width / 2;
      c.textAlign = "center"; c.textBaseline = "bottom";
      c.fillText(text, Math.min(Math.max(px, left + half), left + width - half), py < top + 26 ? py + 24 : py - 8);
    }
    if (this.drag?.to) {
      const [[a, b], [d, e]] = [this.drag.from, this.drag.to];
      c.strokeStyle = colour("accent");
      c.strokeRect(Math.min(a, d), Math.min(b, e), Math.abs(d - a), Math.abs(e - b));
    }
  }

  nearest(px, py) {
    let best = -1, least = NEAR * NEAR;
    for (const i of this.shown) {
      if (!this.inside(i)) continue;
      const dx = this.px(this.x[i]) - px, dy = this.py(this.y[i]) - py, far = dx * dx + dy * dy;
      if (far <= least) { least = far; best = i; }
    }
    return best;
  }

  listen() {
    const at = (event) => { const box = this.canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    this.canvas.addEventListener("pointerdown", (event) => { if (event.button === 0) this.drag = { from: at(event), to: null, touch: event.pointerType === "touch" }; });
    this.canvas.addEventListener("pointermove", (event) => {
      const here = at(event);
      if (this.drag && !this.drag.touch && Math.hypot(here[0] - this.drag.from[0], here[1] - this.drag.from[1]) > 5) { this.drag.to = here; this.draw(); } else if (!this.drag) this.hover(here);
    });
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    addEventListener("pointerup", (event) => {
      const { drag } = this;
      this.drag = null;
      if (!drag) return;
      if (drag.to) {
        const [x0, y0] = this.valueAt(...drag.from), [x1, y1] = this.valueAt(...drag.to);
        this.zoom([[Math.min(x0, x1), Math.max(x0, x1)], [Math.min(y0, y1), Math.max(y0, y1)]]);
      } else if (event.target === this.canvas) {
        const i = this.nearest(...at(event));
        if (i >= 0) this.onclick(i);
      }
    });
    this.canvas.addEventListener("dblclick", () => this.zoom(this.full));
  }

  zoom(ranges) { this.ranges = ranges; this.tip.hidden = true; this.draw(); }

  hover([px, py]) {
    const i = this.nearest(px, py), t = this.table;
    this.tip.hidden = i < 0;
    if (i < 0) return;
    const lines = [place(t, i), `log2 FC ${change(t.log2FoldChange[i])}, P ${number(t.pvalue[i])}, adjusted ${number(t.padj[i])}`, `shrunken ${change(t.shrunkenLog2FoldChange[i])}, s-value ${number(t.svalue[i])}`];
    this.tip.replaceChildren(element("b", { textContent: name(t, i) }), ...lines.flatMap((text) => [element("br"), text]));
    const [x, y] = this.place(i), left = x > this.root.clientWidth / 2;
    Object.assign(this.tip.style, { left: left ? "auto" : `${x + 10}px`, right: left ? `${this.root.clientWidth - x + 10}px` : "auto", top: `${Math.max(y - 20, 0)}px` });
  }

  select(i) { this.selected = i; this.draw(); }
}
