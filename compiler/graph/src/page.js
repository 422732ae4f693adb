(() => {
  const stage = document.querySelector("main");
  const svg = stage.querySelector("svg");
  const [, , wide, high] = svg.getAttribute("viewBox").split(" ").map(Number);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  let view;
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const fit = () => {
    const box = stage.getBoundingClientRect();
    const scale = Math.max(wide / box.width, high / box.height, 0.5);
    view = { w: box.width * scale, h: box.height * scale };
    view.x = (wide - view.w) / 2;
    view.y = (high - view.h) / 2;
    show();
  };
  const zoom = (by, x, y) => {
    const box = stage.getBoundingClientRect();
    const w = Math.min(Math.max(view.w * by, 80), Math.max(wide, high) * 8);
    const real = w / view.w;
    view.x += ((x - box.left) / box.width) * view.w * (1 - real);
    view.y += ((y - box.top) / box.height) * view.h * (1 - real);
    view.w *= real;
    view.h *= real;
    show();
  };
  const middle = (by) => {
    const box = stage.getBoundingClientRect();
    zoom(by, box.left + box.width / 2, box.top + box.height / 2);
  };
  const move = (x, y) => {
    const box = stage.getBoundingClientRect();
    view.x -= (x / box.width) * view.w;
    view.y -= (y / box.height) * view.h;
    show();
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0015), event.clientX, event.clientY);
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  stage.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) move(event.movementX, event.movementY);
  });
  const keys = {
    "+": () => middle(0.8), "=": () => middle(0.8), "-": () => middle(1.25), 0: fit,
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.querySelector("#in").addEventListener("click", keys["+"]);
  document.querySelector("#out").addEventListener("click", keys["-"]);
  document.querySelector("#fit").addEventListener("click", fit);
  addEventListener("resize", fit);
  fit();
})();
