"use strict";
// What both pages have in common: the picture on its stage, moved and zoomed; what belongs together is lit.
const stage = document.querySelector("main");
const map = document.querySelector("#map");
const search = document.querySelector("#search");
/** Units a pixel: beyond the first names can hardly be read, at the second they can well. */
const [SMALL, READABLE] = [1.8, 1.25];
let svg, wide, high, view, nodes, edges, arrows, boxes, here, pinned, home;

/** Takes the picture that stands on the stage, with its arrows from box to box; the view stays where it is, where that is wanted. */
function take(links, keep) {
  svg = stage.querySelector("svg");
  [, , wide, high] = svg.getAttribute("viewBox").split(" ").map(Number);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  nodes = [...svg.querySelectorAll(".node")];
  edges = [...svg.querySelectorAll(".edge")];
  arrows = links;
  here = [];
  pinned = undefined;
  boxes = nodes.map((node) => {
    const { e: x, f: y } = node.transform.baseVal.consolidate().matrix;
    const { width: w, height: h } = node.getBBox();
    return { x, y, w, h };
  });
  map.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  map.innerHTML = boxes.map(({ x, y, w, h }, at) => `<g class="${nodes[at].getAttribute("class")}"><rect class="shape" x="${x}" y="${y}" width="${w}" height="${h}"/></g>`).join("") + '<rect id="seen"/>';
  if (keep && view) show();
  else begin();
  light();
}

function show() {
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const seen = map.querySelector("#seen");
  for (const [name, value] of Object.entries({ x: view.x, y: view.y, width: view.w, height: view.h })) seen.setAttribute(name, value);
  const all = view.x <= 0 && view.y <= 0 && view.x + view.w >= wide && view.y + view.h >= high;
  map.toggleAttribute("hidden", all);
}

function scaled(scale) {
  const box = stage.getBoundingClientRect();
  view = { w: box.width * scale, h: box.height * scale };
  view.x = (wide - view.w) / 2;
  view.y = (high - view.h) / 2;
}

const whole = () => {
  const box = stage.getBoundingClientRect();
  return Math.max(wide / box.width, high / box.height, 0.5);
};

/** All of it. */
function fit() {
  home = fit;
  scaled(whole());
  show();
}

/** All of it where that can be read, else its beginning. */
function begin() {
  home = begin;
  const all = whole();
  scaled(all > SMALL ? READABLE : all);
  if (wide > view.w) view.x = 0;
  if (high > view.h) view.y = 0;
  show();
}

function zoom(by, x, y) {
  home = undefined;
  const box = stage.getBoundingClientRect();
  const w = Math.min(Math.max(view.w * by, 80), Math.max(wide, high) * 8);
  const real = w / view.w;
  view.x += ((x - box.left) / box.width) * view.w * (1 - real);
  view.y += ((y - box.top) / box.height) * view.h * (1 - real);
  view.w *= real;
  view.h *= real;
  show();
}

function middle(by) {
  const box = stage.getBoundingClientRect();
  zoom(by, box.left + box.width / 2, box.top + box.height / 2);
}

function move(x, y) {
  home = undefined;
  const box = stage.getBoundingClientRect();
  view.x -= (x / box.width) * view.w;
  view.y -= (y / box.height) * view.h;
  show();
}

/** Moves as little as brings a box into sight, with its neighbourhood. */
function reveal(at) {
  const { x, y, w, h } = boxes[at];
  const moved = (from, size, start, length, around) => {
    const room = Math.min(around, (size - length) / 2);
    return Math.min(Math.max(from, start + length + room - size), start - room);
  };
  const inside = x >= view.x && y >= view.y && x + w <= view.x + view.w && y + h <= view.y + view.h;
  if (inside) return;
  home = undefined;
  view.x = moved(view.x, view.w, x, w, 200);
  view.y = moved(view.y, view.h, y, h, 100);
  show();
}

/** What is reached from a box by arrows, forward or backward. */
function reached(from, forward) {
  const found = new Set([from]);
  for (const at of found) for (const [a, b] of arrows) if ((forward ? a : b) === at) found.add(forward ? b : a);
  return found;
}

/** Lights what is looked for; else all that a pinned box comes from and leads to; else the box under the pointer with its neighbours. */
function light(over) {
  const text = search.value.trim().toLowerCase();
  let lit, lines;
  if (text) {
    lit = new Set(nodes.flatMap((node, at) => (node.textContent.toLowerCase().includes(text) ? [at] : [])));
    lines = () => false;
  } else if (pinned !== undefined) {
    const [before, behind] = [reached(pinned, false), reached(pinned, true)];
    lit = new Set([...before, ...behind]);
    lines = ([a, b]) => (before.has(a) && before.has(b)) || (behind.has(a) && behind.has(b));
  } else if (over !== undefined) {
    lines = ([a, b]) => a === over || b === over;
    lit = new Set([over, ...arrows.filter(lines).flat()]);
  }
  svg.classList.toggle("quiet", lit !== undefined);
  nodes.forEach((node, at) => node.classList.toggle("lit", !!lit?.has(at)));
  edges.forEach((edge, at) => edge.classList.toggle("lit", !!lit && lines(arrows[at])));
  return lit;
}

/** Marks boxes as those that are meant. */
function mark(marked) {
  here.forEach((at) => nodes[at]?.classList.remove("here"));
  here = marked.filter((at) => nodes[at]);
  here.forEach((at) => nodes[at].classList.add("here"));
  if (here.length) reveal(here[0]);
}

const box = (event) => {
  const at = nodes.indexOf(event.target.closest?.(".node"));
  return at < 0 ? undefined : at;
};
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(event.deltaY * 0.0015), event.clientX, event.clientY);
}, { passive: false });
let from;
stage.addEventListener("pointerdown", (event) => {
  from = { x: event.clientX, y: event.clientY, box: box(event) };
  stage.setPointerCapture(event.pointerId);
});
stage.addEventListener("pointermove", (event) => {
  if (event.buttons & 1) move(event.movementX, event.movementY);
  else light(box(event));
});
stage.addEventListener("pointerleave", () => light());
stage.addEventListener("click", (event) => {
  if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4) return;
  pinned = pinned === from.box ? undefined : from.box;
  light(from.box);
});
for (const kind of ["pointerdown", "pointermove"]) {
  map.addEventListener(kind, (event) => {
    if (!(event.buttons & 1)) return;
    home = undefined;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    view.x = at.x - view.w / 2;
    view.y = at.y - view.h / 2;
    show();
  });
}
const keys = {
  "+": () => middle(0.8), "=": () => middle(0.8), "-": () => middle(1.25), 0: fit, Escape: () => { pinned = undefined; light(); },
  ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
  "/": () => search.focus(),
};
addEventListener("keydown", (event) => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
search.addEventListener("input", () => {
  const lit = light();
  if (lit?.size && search.value.trim()) reveal([...lit][0]);
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  search.value = "";
  search.blur();
  light();
});
document.querySelector("#in").addEventListener("click", keys["+"]);
document.querySelector("#out").addEventListener("click", keys["-"]);
document.querySelector("#fit").addEventListener("click", fit);
addEventListener("resize", () => svg && (home ? home() : show()));
