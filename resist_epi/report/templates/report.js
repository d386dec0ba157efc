/* What happens when the page is opened. */
async function open(root) {
  if (root.dataset.opened) return;
  root.dataset.opened = "yes";
  try {
    const settings = JSON.parse(await unpack(root.dataset.settings));
    const table = decode(JSON.parse(await unpack(document.getElementById(root.dataset.results).textContent)));
    const results = new Results(root, table, settings);
    const scatters = [...root.querySelectorAll(".plot")].map((div) =>
      new Scatter(div, table, settings, div.id.split("-").pop(), (i) => results.reveal(i)));
    const shown = [...scatters, ...await swarmOf(root, table)];
    results.onselect = (i) => shown.forEach((s) => s.select(i));
    shown.filter((s) => s instanceof Swarm).forEach((s) => s.select(results.rows[0] ?? -1)); // the best supported at first
    root.results = results;
    root.dataset.ready = "yes";
  } catch (error) {
    root.prepend(element("p", { className: "problem", textContent: `This part could not be shown (${error.message}). A browser of 2023 or later is needed.` }));
    console.error(error);
  }
}

/* The values of every unit, where the run has kept them. */
async function swarmOf(root, table) {
  const div = root.querySelector(".swarm"), packed = div && document.getElementById(div.dataset.values);
  if (!packed) return [];
  return [new Swarm(div, table, JSON.parse(await unpack(packed.textContent)), root.querySelector(".swarm-words"))];
}

/* A gene of the first screen leads to its row, its points and its values. */
function followGenes() {
  for (const link of document.querySelectorAll("a[data-region]")) link.addEventListener("click", async (event) => {
    event.preventDefault();
    const fold = document.getElementById(link.dataset.kind), root = fold.querySelector(".explorer");
    fold.open = true;
    await open(root);
    for (let wait = 0; wait < 100 && !root.dataset.ready; wait++) await new Promise((done) => setTimeout(done, 50));
    const row = root.results?.table.region_id.indexOf(link.dataset.region) ?? -1;
    root.scrollIntoView();
    if (row >= 0) { root.results.reveal(row); root.results.window.focus({ preventScroll: true }); }
  });
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
  const show = () => {
    const target = document.getElementById(location.hash.slice(1)), fold = target?.matches("details") ? target : target?.querySelector(":scope > details:only-of-type");
    if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", show);
  show();
}

/* On paper it is light, canvases too, which are drawn before the paper's style holds. */
function printLight() {
  for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => { document.documentElement.classList.toggle("printing", on); dispatchEvent(new Event("printing")); });
  }
}

openWhenSeen();
printLight();
copyMethods();
followLinks();
followGenes();
