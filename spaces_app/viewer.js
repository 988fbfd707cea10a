/* <gait-scene data-scene="{…}">: one walk, or two synchronised walks, in 3D on a canvas.
 *
 * data-scene is JSON {title, walks}; each walk is a record as described in `viewer_drawing.js`.
 * Texts are inserted as text, never as HTML. Colours are CSS variables of the page: --gait-left,
 * --gait-right, --gait-bone, --gait-body, --gait-floor, --gait-marker, --gait-ink, --gait-muted,
 * --gait-line, --gait-accent, --gait-surface; the first seven in the form #rrggbb.
 */

const VIEWS = { Side: 0, Front: 90, Back: -90 };
const START_VIEW = { turn: 28, tilt: 8, zoom: 1 };
const SPEEDS = [["1×", 1], ["½×", 0.5], ["¼×", 0.25]];
const STEP_S = 0.05; // time step of an arrow key on the time slider

const STYLE = `
  :host { display: block; color: var(--gait-ink, ${DEFAULTS.ink}); font: inherit; }
  .figures { display: grid; grid-auto-columns: minmax(0, 1fr); grid-auto-flow: column; gap: 8px; }
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
  .cursor { position: absolute; top: 0; bottom: -4px; width: 1px;
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

function createElement(name, attributes = {}, ...children) {
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

  connectedCallback() { this.load(); }
  attributeChangedCallback() { if (this.isConnected) this.load(); }
  disconnectedCallback() { this.stop(); this.resizeObserver?.disconnect(); }

  load() {
    this.stop();
    this.resizeObserver?.disconnect();
    const scene = JSON.parse(this.dataset.scene);
    this.walks = scene.walks.map((record) => new Walk(record));
    this.pairs = stepPairs(this.walks);
    this.isSynchronised = this.pairs !== null;
    this.view = { ...START_VIEW };
    this.time = 0;
    this.speed = 1;
    this.visible = { markers: true, body: true };
    this.build(scene.title);
    this.resizeObserver = new ResizeObserver(() => this.draw());
    this.canvases.forEach((canvas) => this.resizeObserver.observe(canvas));
    this.setTime(0);
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  get seconds() {
    if (this.isSynchronised) return this.walks[0].seconds;
    return Math.max(...this.walks.map((walk) => walk.seconds));
  }

  /** Convert a time of the scene to the time of a walk, and back. */
  walkTime(index, time) { return this.isSynchronised && index ? mapTime(this.pairs, time, 0, 1) : time; }
  sceneTime(index, time) { return this.isSynchronised && index ? mapTime(this.pairs, time, 1, 0) : time; }

  /* -- elements -- */

  build(title) {
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    this.canvases = this.walks.map((walk) => this.canvasOf(walk, title));
    const figures = createElement("div", { class: this.walks.length > 1 ? "figures pair" : "figures" });
    this.canvases.forEach((canvas, i) => {
      const caption = this.walks[i].label ? [createElement("figcaption", {}, this.walks[i].label)] : [];
      figures.append(createElement("figure", {}, canvas, ...caption));
    });
    this.timeline = createElement("div", { class: "time" });
    const hint = "Drag to rotate the view. To zoom, click the picture and use the wheel, or pinch. " +
      "Keyboard: arrow keys rotate, + and − zoom.";
    root.replaceChildren(
      createElement("style", {}, STYLE), figures, this.timeline, this.controls(), createElement("p", { class: "hint" }, hint),
    );
    this.buildTimeline();
  }

  canvasOf(walk, title) {
    const description = `${title || "Walk"}${walk.label ? `, ${walk.label}` : ""}: animated skeleton in 3D. ` +
      "Arrow keys rotate the view, plus and minus zoom.";
    const canvas = createElement("canvas", { tabindex: "0", role: "img", "aria-label": description });
    this.addListeners(canvas);
    return canvas;
  }

  controls() {
    this.playButton = createElement("button", { type: "button", class: "play", onclick: () => this.toggle() });
    this.timeOutput = createElement("output", { "aria-label": "time" });
    const bar = createElement("div", { class: "controls" }, this.playButton, this.timeOutput);
    const speeds = createElement("select", { "aria-label": "speed", onchange: (e) => { this.speed = Number(e.target.value); } });
    SPEEDS.forEach(([name, value]) => speeds.append(createElement("option", { value: String(value) }, name)));
    bar.append(speeds);
    for (const [name, turn] of Object.entries(VIEWS)) {
      bar.append(createElement("button", { type: "button", onclick: () => this.setView({ turn, tilt: 4 }) }, name));
    }
    bar.append(createElement("button", { type: "button", onclick: () => this.setView(START_VIEW) }, "Reset view"));
    for (const [name, part] of [["Markers", "markers"], ["Body", "surface"]]) {
      if (this.walks.some((walk) => walk[part])) bar.append(this.visibilityCheckbox(name));
    }
    if (this.pairs) bar.append(this.checkbox("Synchronise", true, (isOn) => this.setSynchronised(isOn)));
    return bar;
  }

  visibilityCheckbox(name) {
    return this.checkbox(name, true, (isOn) => { this.visible[name.toLowerCase()] = isOn; this.draw(); });
  }

  checkbox(name, isOn, onChange) {
    const box = createElement("input", { type: "checkbox", checked: isOn, onchange: (e) => onChange(e.target.checked) });
    return createElement("label", {}, box, name);
  }

  setSynchronised(isOn) {
    this.isSynchronised = isOn;
    this.buildTimeline();
    this.setTime(Math.min(this.time, this.seconds));
  }

  /** Build the time line: the heel strikes of each foot, and the time slider on the same scale. */
  buildTimeline() {
    this.cursors = [];
    const rows = [];
    this.walks.forEach((walk, index) => {
      if (this.walks.length > 1) rows.push(createElement("div", { class: "head" }, `Heel strikes, ${walk.label}`));
      for (const side of SIDES) rows.push(this.lane(walk, index, side));
    });
    this.slider = createElement("input", {
      type: "range", min: "0", max: this.seconds.toFixed(3), step: "0.01", "aria-label": "time in the walk",
      oninput: () => { this.pause(); this.setTime(Number(this.slider.value)); },
      onkeydown: (event) => this.onSliderKey(event),
    });
    rows.push(createElement("div", { class: "lane" }, createElement("span", {}, "Time"), this.slider));
    this.timeline.replaceChildren(...rows);
  }

  lane(walk, index, side) {
    const strikes = walk.strikes[side] || [];
    const name = this.walks.length > 1 ? side : `${side} heel`;
    const track = createElement("div", { class: "track", role: "img",
      "aria-label": `${side} heel strikes at ${strikes.map((s) => s.toFixed(2)).join(", ") || "no time"} s` });
    for (const strike of strikes) {
      const share = this.sceneTime(index, strike) / this.seconds;
      if (share < 0 || share > 1) continue;
      const tick = createElement("i", { class: "tick", title: `${side} heel strike, ${strike.toFixed(2)} s` });
      tick.style.left = `${100 * share}%`;
      tick.style.background = `var(--gait-${side}, ${DEFAULTS[side]})`;
      track.append(tick);
    }
    const cursor = createElement("i", { class: "cursor" });
    this.cursors.push(cursor);
    track.append(cursor);
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      this.pause();
      this.setTime(((event.clientX - box.left) / box.width) * this.seconds);
    });
    return createElement("div", { class: "lane" }, createElement("span", {}, name[0].toUpperCase() + name.slice(1)), track);
  }

  onSliderKey(event) {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    this.pause();
    this.setTime(this.time + direction * STEP_S);
  }

  /* -- rotation and zoom -- */

  addListeners(canvas) {
    const pointers = new Map();
    let lastDistance = 0;
    const pointerDistance = () => {
      const [a, b] = [...pointers.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      if (pointers.size === 2) lastDistance = pointerDistance();
    });
    canvas.addEventListener("pointermove", (event) => {
      const previous = pointers.get(event.pointerId);
      if (!previous) return;
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      if (pointers.size === 2) {
        const distance = pointerDistance();
        this.zoom(distance / Math.max(lastDistance, 1));
        lastDistance = distance;
      } else {
        this.rotate((event.clientX - previous[0]) * 0.4, (event.clientY - previous[1]) * 0.3);
      }
    });
    const release = (event) => pointers.delete(event.pointerId);
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && this.shadowRoot.activeElement !== canvas) return; // the page scrolls instead
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.onCanvasKey(event));
  }

  onCanvasKey(event) {
    const turns = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, 4], ArrowDown: [0, -4] };
    const zooms = { "+": 1.15, "=": 1.15, "-": 1 / 1.15, "−": 1 / 1.15 };
    if (turns[event.key]) this.rotate(...turns[event.key]);
    else if (zooms[event.key]) this.zoom(zooms[event.key]);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  rotate(turn, tilt) {
    this.setView({ turn: this.view.turn + turn, tilt: clamp(this.view.tilt + tilt, -5, 85) });
  }

  zoom(factor) { this.setView({ zoom: clamp(this.view.zoom * factor, 0.4, 6) }); }

  setView(change) {
    Object.assign(this.view, change);
    this.draw();
  }

  /* -- time -- */

  get isPlaying() { return this.animation !== undefined; }
  toggle() { if (this.isPlaying) this.pause(); else this.play(); }

  play() {
    this.stop();
    let previous;
    const advance = (now) => {
      if (previous !== undefined) {
        const time = this.time + ((now - previous) / 1000) * this.speed;
        this.setTime(time > this.seconds ? 0 : time);
      }
      previous = now;
      this.animation = requestAnimationFrame(advance);
    };
    this.animation = requestAnimationFrame(advance);
    this.playButton.textContent = "❚❚ Pause";
  }

  pause() {
    this.stop();
    this.playButton.textContent = "▶ Play";
  }

  stop() {
    if (this.animation !== undefined) cancelAnimationFrame(this.animation);
    this.animation = undefined;
  }

  setTime(time) {
    this.time = clamp(time, 0, this.seconds);
    this.slider.value = this.time.toFixed(3);
    const text = `${this.time.toFixed(2)} of ${this.seconds.toFixed(1)} s`;
    this.slider.setAttribute("aria-valuetext", text);
    this.timeOutput.textContent = text;
    this.cursors.forEach((cursor) => { cursor.style.left = `${(100 * this.time) / this.seconds}%`; });
    this.draw();
  }

  colours() {
    const style = getComputedStyle(this);
    const colours = {};
    for (const [name, value] of Object.entries(DEFAULTS)) {
      colours[name] = style.getPropertyValue(`--gait-${name}`).trim() || value;
    }
    return colours;
  }

  draw() {
    const colours = this.colours();
    this.canvases.forEach((canvas, i) => {
      const time = clamp(this.walkTime(i, this.time), 0, this.walks[i].seconds);
      drawWalk(canvas, this.walks[i], this.view, time, colours, this.visible);
    });
  }
}

if (!customElements.get("gait-scene")) customElements.define("gait-scene", GaitScene);
