/* What the parts of the script share: numbers, names, and how tables are unpacked. */
const ROW = 28; // px; the style sheet has the same
const DOT = 4; // px, radius of a unit
const NEAR = 9; // px from a point at which the mouse still means it
const COLUMNS = [ // key, heading, width, number?
  ["symbol", "Gene", "12%", false], ["place", "Position", "19%", false], ["baseMean", "Mean level", "8%", true],
  ["log2FoldChange", "log2 FC", "8%", true], ["interval", "95% interval", "12%", true],
  ["pvalue", "P", "7%", true], ["padj", "Adjusted P", "8%", true],
  ["shrunkenLog2FoldChange", "Shrunken", "7%", true], ["svalue", "s-value", "7%", true], ["direction", "Call", "6%", false],
  ["high_confidence", "High conf.", "7%", false]];
const FILE_COLUMNS = ["chrom", "start", "end", "strand", "region_id", "gene_id", "symbol", "baseMean", "log2FoldChange",
  "ci_low", "ci_high", "pvalue", "padj", "direction", "shrunkenLog2FoldChange", "svalue", "high_confidence"];

async function unpack(packed) {
  const binary = atob(packed.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/* A text in which the gene's own names stand as marks: most ids are made of them. */
const filled = (text, symbol, gene) => text.replace(/[\u0001\u0002]/g, (mark) => (mark === "\u0001" ? symbol : gene));

function decode(data) {
  const table = { n: data.n };
  for (const [name, { levels, codes }] of Object.entries(data.coded)) table[name] = codes.map((code) => levels[code]);
  Object.assign(table, data.text, data.number);
  for (const name of ["shrunkenLog2FoldChange", "svalue"]) table[name] ??= new Array(data.n).fill(null); // of earlier releases
  table.high_confidence ??= new Array(data.n).fill(""); // not known
  table.region_id = table.region_id.map((id, i) => filled(id, table.symbol[i], table.gene_id[i]));
  table.ci_low = table.log2FoldChange.map((v, i) => (v === null || table.reach[i] === null ? null : +(v - table.reach[i]).toPrecision(4)));
  table.ci_high = table.log2FoldChange.map((v, i) => (v === null || table.reach[i] === null ? null : +(v + table.reach[i]).toPrecision(4)));
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
/* The title of an axis, from below to above, moved so that a low plot does not cut it. */
function upright(c, text, x, middle, height) {
  const half = Math.min(c.measureText(text).width, height) / 2;
  c.save();
  c.translate(x, Math.min(Math.max(middle, half), height - half));
  c.rotate(-Math.PI / 2);
  c.fillText(text, 0, 0, height);
  c.restore();
}
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
