/* Values of one region in every unit: groups side by side, or along a number of the sheet. */
class Swarm {
  constructor(root, table, data, words) {
    Object.assign(this, { root, table, words, data, selected: -1, hovered: -1 });
    let at = 0;
    this.rowOf = new Map(data.rows.map((step, i) => [(at += step), i]));
    this.canvas = element("canvas");
    this.tip = element("div", { className: "tip", hidden: true });
    root.replaceChildren(this.canvas, this.tip);
    root.swarm = this;
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    addEventListener("printing", () => this.draw());
  }

  /* log2 values of a row of the table; null where the page does not hold them. */
  valuesOf(i) {
    const row = this.rowOf.get(i), { units, values, middle } = this.data;
    return row === undefined ? null : units.map((_, k) => (values[row * units.length + k] + middle[row]) / 100);
  }

  select(i) {
    this.selected = i;
    this.values = i < 0 ? null : this.valuesOf(i);
    const said = this.inWords();
    this.root.setAttribute("aria-label", said);
    this.words.textContent = said;
    this.tip.hidden = true;
    this.draw();
  }

  inWords() {
    if (this.selected < 0) return "Choose a region in a plot or in the table.";
    const { data, values } = this, gene = name(this.table, this.selected);
    if (!values) return `${gene}: its values are not in this page, which holds those of the called and best supported regions.`;
    if (data.x) return `${gene}: ${values.length} units along ${data.column}.`;
    const said = data.levels.map((level, g) => {
      const own = values.filter((_, k) => data.group[k] === g).sort((a, b) => a - b), half = own.length >> 1;
      const median = own.length % 2 ? own[half] : (own[half - 1] + own[half]) / 2;
      return `${change(median)}${level ? ` in ${level}` : ""} (n = ${own.length})`;
    });
    return `${gene}: median ${said.join(", ")}.`;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.root, scale = devicePixelRatio || 1;
    if (!width || !height) return;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    const c = this.canvas.getContext("2d"), style = getComputedStyle(this.root);
    const colour = (key) => style.getPropertyValue(`--${key}`).trim();
    c.scale(scale, scale);
    c.font = `12px ${style.fontFamily}`;
    this.box = { left: 44, top: 10, width: Math.max(width - 54, 10), height: Math.max(height - 54, 10) };
    this.points = [];
    if (!this.values) { this.sayEmpty(c, colour); return; }
    const low = Math.min(...this.values), high = Math.max(...this.values), air = 0.08 * (high - low) || 0.5;
    this.range = [low - air, high + air];
    this.frame(c, colour);
    if (this.data.x) this.along(c); else this.sideBySide(c, colour);
    this.points.forEach(([x, y], k) => {
      c.fillStyle = this.data.x ? colour("accent") : this.data.colours[this.data.group[k]];
      c.strokeStyle = colour("ink");
      c.lineWidth = 0.6;
      c.beginPath(); c.arc(x, y, DOT, 0, 7); c.fill(); c.stroke();
    });
  }

  py(value) { const [a, b] = this.range; return this.box.top + (1 - (value - a) / (b - a)) * this.box.height; }

  sayEmpty(c, colour) {
    c.fillStyle = colour("soft");
    c.textAlign = "center";
    c.fillText(this.selected < 0 ? "No region is chosen" : "Not in this page", this.root.clientWidth / 2, this.root.clientHeight / 2);
  }

  frame(c, colour) {
    const { left, top, width, height } = this.box;
    rungs(this, c, colour, this.range);
    c.strokeStyle = colour("rule");
    c.strokeRect(left, top, width, height);
    c.textAlign = "center";
    c.textBaseline = "top";
    upright(c, this.data.title, 2, top + height / 2, this.root.clientHeight);
  }

  along(c) {
    const { left, top, width, height } = this.box, { x, column } = this.data;
    const low = Math.min(...x), high = Math.max(...x), air = 0.06 * (high - low) || 0.5;
    const px = (v) => left + ((v - low + air) / (high - low + 2 * air)) * width;
    for (const at of ticks([low - air, high + air], 4)) c.fillText(String(at).replace("-", "−"), px(at), top + height + 5);
    c.fillText(column, left + width / 2, top + height + 24);
    this.points = this.values.map((v, k) => [px(x[k]), this.py(v)]);
  }

  sideBySide(c, colour) {
    const { left, top, width, height } = this.box, { levels, group, units } = this.data, own = width / levels.length;
    this.points = new Array(units.length);
    levels.forEach((level, g) => {
      const middle = left + (g + 0.5) * own, rows = units.map((_, k) => k).filter((k) => group[k] === g);
      const placed = [];
      for (const k of rows.sort((a, b) => this.values[a] - this.values[b])) {
        const y = this.py(this.values[k]);
        let x = middle;
        for (let step = 0; step < 60; step++) { // beside one another where they would touch
          x = middle + (step % 2 ? 1 : -1) * Math.ceil(step / 2) * DOT;
          if (placed.every(([a, b]) => (a - x) ** 2 + (b - y) ** 2 >= (2 * DOT) ** 2)) break;
        }
        x = Math.min(Math.max(x, middle - own / 2 + DOT), middle + own / 2 - DOT);
        placed.push([x, y]);
        this.points[k] = [x, y];
      }
      if (rows.length > 1) {
        const sorted = rows.map((k) => this.values[k]), half = sorted.length >> 1;
        const y = this.py(sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2);
        c.strokeStyle = colour("ink");
        c.lineWidth = 1.5;
        c.beginPath(); c.moveTo(middle - own * 0.3, y); c.lineTo(middle + own * 0.3, y); c.stroke();
      }
      c.fillStyle = colour("ink");
      const fits = (text) => { while (text.length > 2 && c.measureText(text).width > own - 4) text = `${text.replace("…", "").slice(0, -1)}…`; return text; };
      c.fillText(fits(level || "all units"), middle, top + height + 6);
      c.fillText(fits(`n = ${rows.length}`), middle, top + height + 22);
    });
  }

  hover(event) {
    const box = this.canvas.getBoundingClientRect(), at = [event.clientX - box.left, event.clientY - box.top];
    const far = (this.points || []).map(([x, y]) => Math.hypot(x - at[0], y - at[1]));
    const k = far.indexOf(Math.min(...far));
    this.tip.hidden = k < 0 || far[k] > NEAR;
    if (this.tip.hidden) return;
    const { units, levels, group, x } = this.data, of = x ? x[k] : levels[group[k]];
    this.tip.textContent = `${units[k]}${of === "" ? "" : ` (${of})`}: ${change(this.values[k])}`;
    const [px, py] = this.points[k], left = px > this.root.clientWidth / 2;
    Object.assign(this.tip.style, { left: left ? "auto" : `${px + 10}px`, right: left ? `${this.root.clientWidth - px + 10}px` : "auto", top: `${Math.max(py - 24, 0)}px` });
  }
}
