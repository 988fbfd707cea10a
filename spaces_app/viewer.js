/* <gait-scene data-scene="{…}">: one walk, or two side by side in step, in 3D on a canvas.
 *
 * data-scene is JSON {title, walks}, each walk a record as in `viewer_drawing.js`. All text goes in
 * as text, never as HTML. Colours come from the page: --gait-left, --gait-right, --gait-bone,
 * --gait-flesh, --gait-floor, --gait-marker, --gait-ink, --gait-muted, --gait-line, --gait-accent,
 * --gait-surface; the first seven as #rrggbb.
 */

const VIEWS = { Side: 0, Front: 90, Back: -90 };
const START = { turn: 28, tilt: 8, zoom: 1 };
const SPEEDS = [["1×", 1], ["½×", 0.5], ["¼×", 0.25]];
const STEP_S = 0.05; // of a press on an arrow key over the time line

const STYLE = `
  :host { display: block; color: var(--gait-ink, ${DEFAULTS.ink}); font: inherit; }
  .stages { display: grid; grid-auto-columns: minmax(0, 1fr); grid-auto-flow: column; gap: 8px; }
  figure { margin: 0; position: relative; min-width: 0; }
  figcaption { position: absolute; left: 12px; top: 8px; font-weight: 600; font-size: 14px;
    right: 12px; overflow-wrap: anywhere; pointer-events: none; }
  canvas { display: block; width: 100%; height: clamp(300px, 52vh, 440px); cursor: grab;
    touch-action: pan-y; border-radius: 8px; border: 1px solid var(--gait-line, ${DEFAULTS.line});
    background: var(--gait-surface, ${DEFAULTS.surface}); box-sizing: border-box; }
  .pair canvas { height: clamp(260px, 62vw, 440px); }
  canvas:active { cursor: grabbing; }
  :focus-visible { outline: 3px solid var(--gait-accent, ${DEFAULTS.accent}); outline-offset: 2px; }
  .time { margin-top: 10px; }
  .lane { display: grid; grid-template-columns: 5.8em minmax(0, 1fr); align-items: center; min-height: 22px;
    font-size: 13px; color: var(--gait-muted, ${DEFAULTS.muted}); }
  .lane > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .track { position: relative; height: 18px; margin: 0 9px;
    border-bottom: 1px solid var(--gait-line, ${DEFAULTS.line}); }
  .tick { position: absolute; bottom: -1px; width: 3px; height: 14px; margin-left: -1.5px;
    border-radius: 1.5px; }
  .now { position: absolute; top: 0; bottom: -4px; width: 1px;
    background: var(--gait-ink, ${DEFAULTS.ink}); }
  .head { font-weight: 600; color: var(--gait-ink, ${DEFAULTS.ink}); font-size: 13px; margin-top: 4px; }
  input[type=range] { width: 100%; margin: 0; height: 28px;
    accent-color: var(--gait-accent, ${DEFAULTS.accent}); }
  .controls { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 8px; }
  button, select { font: inherit; font-size: 14px; min-height: 40px; padding: 4px 12px;
    border-radius: 6px; border: 1px solid var(--gait-line, ${DEFAULTS.line}); cursor: pointer;
    background: var(--gait-surface, ${DEFAULTS.surface}); color: inherit; }
  button:hover, select:hover { border-color: var(--gait-accent, ${DEFAULTS.accent}); }
  button.play { min-width: 6em; background: var(--gait-accent, ${DEFAULTS.accent}); font-weight: 600;
    color: var(--gait-on-accent, #fff); border-color: transparent; }
  label { display: inline-flex; gap: 6px; align-items: center; font-size: 14px; min-height: 40px; }
  input[type=checkbox] { width: 18px; height: 18px; accent-color: var(--gait-accent, ${DEFAULTS.accent}); }
  output { font-variant-numeric: tabular-nums; font-size: 14px; min-width: 7em; }
  .hint { margin: 6px 0 0; font-size: 13px; color: var(--gait-muted, ${DEFAULTS.muted}); }
`;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

class GaitScene extends HTMLElement {
  static observedAttributes = ["data-scene"];

  connectedCallback() { this.show(); }
  attributeChangedCallback() { if (this.isConnected) this.show(); }
  disconnectedCallback() { this.stop(); this.watcher?.disconnect(); }

  show() {
    this.stop();
    this.watcher?.disconnect();
    const scene = JSON.parse(this.dataset.scene);
    this.walks = scene.walks.map((record) => new Walk(record));
    this.pairs = stepPairs(this.walks);
    this.inStep = this.pairs !== null;
    this.view = { ...START };
    this.time = 0;
    this.speed = 1;
    this.shown = { markers: true, body: true };
    this.build(scene.title);
    this.watcher = new ResizeObserver(() => this.draw());
    this.canvases.forEach((canvas) => this.watcher.observe(canvas));
    this.setTime(0);
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  get seconds() {
    if (this.inStep) return this.walks[0].seconds;
    return Math.max(...this.walks.map((walk) => walk.seconds));
  }

  /** A walk's own time at a time of the clock, and back. */
  own(index, time) { return this.inStep && index ? across(this.pairs, time, 0, 1) : time; }
  clock(index, time) { return this.inStep && index ? across(this.pairs, time, 1, 0) : time; }

  /* -- what is on the page -- */

  build(title) {
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    this.canvases = this.walks.map((walk) => this.stage(walk, title));
    const stages = make("div", { class: this.walks.length > 1 ? "stages pair" : "stages" });
    this.canvases.forEach((canvas, i) => {
      const caption = this.walks[i].label ? [make("figcaption", {}, this.walks[i].label)] : [];
      stages.append(make("figure", {}, canvas, ...caption));
    });
    this.lanes = make("div", { class: "time" });
    const hint = "Drag to turn the walker; click it, then use the wheel, or pinch, to zoom. " +
      "With the keyboard: arrow keys turn, + and − zoom.";
    root.replaceChildren(
      make("style", {}, STYLE), stages, this.lanes, this.controls(), make("p", { class: "hint" }, hint),
    );
    this.fillLanes();
  }

  stage(walk, title) {
    const about = `${title || "Walk"}${walk.label ? `, ${walk.label}` : ""}: moving skeleton in 3D. ` +
      "Arrow keys turn it, plus and minus zoom.";
    const canvas = make("canvas", { tabindex: "0", role: "img", "aria-label": about });
    this.listen(canvas);
    return canvas;
  }

  controls() {
    this.playButton = make("button", { type: "button", class: "play", onclick: () => this.toggle() });
    this.told = make("output", { "aria-label": "time" });
    const bar = make("div", { class: "controls" }, this.playButton, this.told);
    const speeds = make("select", { "aria-label": "speed", onchange: (e) => { this.speed = Number(e.target.value); } });
    SPEEDS.forEach(([name, value]) => speeds.append(make("option", { value: String(value) }, name)));
    bar.append(speeds);
    for (const [name, turn] of Object.entries(VIEWS)) {
      bar.append(make("button", { type: "button", onclick: () => this.look({ turn, tilt: 4 }) }, name));
    }
    bar.append(make("button", { type: "button", onclick: () => this.look(START) }, "Reset view"));
    for (const [name, part] of [["Markers", "markers"], ["Body", "surface"]]) {
      if (this.walks.some((walk) => walk[part])) bar.append(this.showing(name));
    }
    if (this.pairs) bar.append(this.check("In step", true, (on) => this.setInStep(on)));
    return bar;
  }

  showing(name) {
    return this.check(name, true, (on) => { this.shown[name.toLowerCase()] = on; this.draw(); });
  }

  check(name, on, changed) {
    const box = make("input", { type: "checkbox", checked: on, onchange: (e) => changed(e.target.checked) });
    return make("label", {}, box, name);
  }

  setInStep(on) {
    this.inStep = on;
    this.fillLanes();
    this.setTime(Math.min(this.time, this.seconds));
  }

  /** Heel strikes of each foot on a time line, and the range input below, on one scale. */
  fillLanes() {
    this.marks = [];
    const rows = [];
    this.walks.forEach((walk, index) => {
      if (this.walks.length > 1) rows.push(make("div", { class: "head" }, `Heel strikes, ${walk.label}`));
      for (const side of SIDES) rows.push(this.lane(walk, index, side));
    });
    this.range = make("input", {
      type: "range", min: "0", max: this.seconds.toFixed(3), step: "0.01", "aria-label": "time in the walk",
      oninput: () => { this.pause(); this.setTime(Number(this.range.value)); },
      onkeydown: (event) => this.rangeKey(event),
    });
    rows.push(make("div", { class: "lane" }, make("span", {}, "Time"), this.range));
    this.lanes.replaceChildren(...rows);
  }

  lane(walk, index, side) {
    const strikes = walk.strikes[side] || [];
    const name = this.walks.length > 1 ? side : `${side} heel`;
    const track = make("div", { class: "track", role: "img",
      "aria-label": `${side} heel strikes at ${strikes.map((s) => s.toFixed(2)).join(", ") || "no time"} s` });
    for (const strike of strikes) {
      const place = this.clock(index, strike) / this.seconds;
      if (place < 0 || place > 1) continue;
      const tick = make("i", { class: "tick", title: `${side} heel strike, ${strike.toFixed(2)} s` });
      tick.style.left = `${100 * place}%`;
      tick.style.background = `var(--gait-${side}, ${DEFAULTS[side]})`;
      track.append(tick);
    }
    const now = make("i", { class: "now" });
    this.marks.push(now);
    track.append(now);
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      this.pause();
      this.setTime(((event.clientX - box.left) / box.width) * this.seconds);
    });
    return make("div", { class: "lane" }, make("span", {}, name[0].toUpperCase() + name.slice(1)), track);
  }

  rangeKey(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    this.pause();
    this.setTime(this.time + way * STEP_S);
  }

  /* -- turning and zooming -- */

  listen(canvas) {
    const fingers = new Map();
    let apart = 0;
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 2) apart = spread();
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (fingers.size === 2) {
        const now = spread();
        this.zoom(now / Math.max(apart, 1));
        apart = now;
      } else {
        this.turn((event.clientX - before[0]) * 0.4, (event.clientY - before[1]) * 0.3);
      }
    });
    const lift = (event) => fingers.delete(event.pointerId);
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && this.shadowRoot.activeElement !== canvas) return; // the page scrolls
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.canvasKey(event));
  }

  canvasKey(event) {
    const turns = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, 4], ArrowDown: [0, -4] };
    const zooms = { "+": 1.15, "=": 1.15, "-": 1 / 1.15, "−": 1 / 1.15 };
    if (turns[event.key]) this.turn(...turns[event.key]);
    else if (zooms[event.key]) this.zoom(zooms[event.key]);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  turn(turn, tilt) {
    this.look({ turn: this.view.turn + turn, tilt: clamp(this.view.tilt + tilt, -5, 85) });
  }

  zoom(factor) { this.look({ zoom: clamp(this.view.zoom * factor, 0.4, 6) }); }

  look(change) {
    Object.assign(this.view, change);
    this.draw();
  }

  /* -- time -- */

  get playing() { return this.timer !== undefined; }
  toggle() { if (this.playing) this.pause(); else this.play(); }

  play() {
    this.stop();
    let before;
    const tick = (now) => {
      if (before !== undefined) {
        const time = this.time + ((now - before) / 1000) * this.speed;
        this.setTime(time > this.seconds ? 0 : time);
      }
      before = now;
      this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
    this.playButton.textContent = "❚❚ Pause";
  }

  pause() {
    this.stop();
    this.playButton.textContent = "▶ Play";
  }

  stop() {
    if (this.timer !== undefined) cancelAnimationFrame(this.timer);
    this.timer = undefined;
  }

  setTime(time) {
    this.time = clamp(time, 0, this.seconds);
    this.range.value = this.time.toFixed(3);
    const told = `${this.time.toFixed(2)} of ${this.seconds.toFixed(1)} s`;
    this.range.setAttribute("aria-valuetext", told);
    this.told.textContent = told;
    this.marks.forEach((mark) => { mark.style.left = `${(100 * this.time) / this.seconds}%`; });
    this.draw();
  }

  colours() {
    const style = getComputedStyle(this);
    const found = {};
    for (const [name, value] of Object.entries(DEFAULTS)) {
      found[name] = style.getPropertyValue(`--gait-${name}`).trim() || value;
    }
    return found;
  }

  draw() {
    const colours = this.colours();
    this.canvases.forEach((canvas, i) => {
      const time = clamp(this.own(i, this.time), 0, this.walks[i].seconds);
      drawWalk(canvas, this.walks[i], this.view, time, colours, this.shown);
    });
  }
}

if (!customElements.get("gait-scene")) customElements.define("gait-scene", GaitScene);
