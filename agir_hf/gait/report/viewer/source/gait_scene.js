/* <gait-scene data-scene="{…}">: one walk, or two synchronised walks, in 3D.
 *
 * data-scene is JSON {title, walks} as written by scene.py. The content of the element is a static
 * picture for print and for browsers without WebGL. Texts are inserted as text, never as HTML.
 */

import { Color } from "three";
import { Stage, VIEWS } from "./stage.js";
import { DEFAULTS, STYLE, createElement, icon } from "./style.js";
import { SIDES, Walk, clamp, mapTime, stepPairs } from "./walk_data.js";

const SPEEDS = [["1×", 1], ["½×", 0.5], ["¼×", 0.25], ["⅒×", 0.1]];
const SEND_MS = 60; // shortest time between two "agir-time" events
const SLOW_MS = 90, SLOW_FRAMES = 8; // so many slow frames in a row: the picture is simplified
const HINT = "Drag to rotate. Click the picture, then use the wheel or pinch to zoom. Keyboard: ← → on the " +
  "controls steps frames, space plays; on the picture, arrows rotate, + and − zoom, comma and period step frames.";

class GaitScene extends HTMLElement {
  static observedAttributes = ["data-scene"];

  connectedCallback() { this.load(); }
  attributeChangedCallback() { if (this.isConnected && this.shadowRoot) this.load(); }
  disconnectedCallback() { this.unload(); }

  async load() {
    this.unload();
    const load = this.loading = {}; // a later load, or the end, replaces it
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    this.app = createElement("div", { class: "failed" }, createElement("div", { class: "print" }, createElement("slot")));
    root.replaceChildren(createElement("style", {}, STYLE), this.app);
    const scene = JSON.parse(this.dataset.scene);
    try {
      this.walks = await Promise.all(scene.walks.map((record) => Walk.of(record)));
      if (this.loading !== load) return;
      this.start(scene.title);
    } catch (error) {
      if (this.loading === load) this.fail(`The moving picture is not available: ${error.message}.`);
    }
  }

  /** Show the static picture with a reason. */
  fail(message) {
    this.stop();
    this.stage?.dispose();
    this.stage = undefined;
    this.app.className = "failed";
    this.app.querySelector(".print").prepend(createElement("p", { class: "message", role: "status" }, message));
  }

  start(title) {
    this.pairs = stepPairs(this.walks);
    this.isSynchronised = this.pairs !== null;
    Object.assign(this, { time: 0, speed: 1, isSeen: true, title: title || "Walk" });
    this.visible = { markers: true, body: true, strikes: true, names: true };
    this.canvas = createElement("canvas", { tabindex: "0", role: "img", "aria-label": this.description(),
      onkeydown: (event) => this.onCanvasKey(event) });
    this.stage = new Stage(this.canvas, this.walks, (view) => this.markView(view));
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (this.stage && !this.stage.isDisposed) this.fail("The graphics memory was taken away. Load the page again.");
    });
    this.build();
    this.app.className = this.walks.length > 1 ? "pair" : "";
    this.listen();
    this.repaint();
    this.stage.resize();
    this.setTime(0);
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  unload() {
    this.loading = undefined;
    this.stop();
    clearTimeout(this.sending);
    this.listening?.abort();
    this.observers?.forEach((observer) => observer.disconnect());
    this.observers = undefined;
    this.stage?.dispose();
    this.stage = undefined;
  }

  /** Follow the size, the visibility, the colours of the page and the time that others ask for. */
  listen() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    const resize = new ResizeObserver(() => this.stage?.resize());
    resize.observe(this.canvas);
    const seen = new IntersectionObserver(([entry]) => this.setSeen(entry.isIntersecting));
    seen.observe(this.canvas);
    const theme = new MutationObserver(() => this.repaint());
    for (const element of [document.documentElement, document.body]) {
      theme.observe(element, { attributeFilter: ["class", "data-theme", "style"] });
    }
    this.observers = [resize, seen, theme];
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint(), { signal });
    document.addEventListener("agir-seek", (event) => this.seek(event.detail), { signal });
  }

  description() {
    const names = this.walks.map((walk) => walk.label).filter(Boolean).join(" and ");
    return `${this.title}${names ? `, ${names}` : ""}: walking skeleton in 3D, left and right marked with L and R. ` +
      "Arrow keys rotate the view, plus and minus zoom.";
  }

  /* -- time -- */

  get seconds() {
    if (this.isSynchronised) return this.walks[0].seconds;
    return Math.max(...this.walks.map((walk) => walk.seconds));
  }

  /** Convert a time of the scene to the time of a walk, and back. */
  walkTime(index, time) { return this.isSynchronised && index ? mapTime(this.pairs, time, 0, 1) : time; }
  sceneTime(index, time) { return this.isSynchronised && index ? mapTime(this.pairs, time, 1, 0) : time; }

  setTime(time) {
    this.time = clamp(time, 0, this.seconds);
    const text = `${this.time.toFixed(2)} of ${this.seconds.toFixed(1)} s`;
    this.slider.value = this.time.toFixed(3);
    this.slider.setAttribute("aria-valuetext", text);
    this.output.textContent = text;
    this.cursors.forEach((cursor) => { cursor.style.left = `${(100 * this.time) / this.seconds}%`; });
    this.update();
    this.send();
  }

  update() {
    const times = this.walks.map((walk, i) => clamp(this.walkTime(i, this.time), 0, walk.seconds));
    this.stage?.update(times, this.visible);
  }

  /** Report the time to the page, not more often than every `SEND_MS`. */
  send() {
    clearTimeout(this.sending);
    const wait = SEND_MS - (performance.now() - (this.sentAt ?? -SEND_MS));
    if (wait > 0) {
      this.sending = setTimeout(() => this.send(), wait);
      return;
    }
    this.sentAt = performance.now();
    this.walks.forEach((walk, index) => {
      const time = Number(clamp(this.walkTime(index, this.time), 0, walk.seconds).toFixed(3));
      document.dispatchEvent(new CustomEvent("agir-time", { detail: { walk: index, time_s: time } }));
    });
  }

  seek({ walk = 0, time_s: time } = {}) {
    if (!Number.isFinite(time) || !this.walks[walk] || !this.getClientRects().length) return;
    this.pause();
    this.setTime(this.sceneTime(walk, time));
  }

  step(frames) {
    this.pause();
    const rate = this.walks[0].rate;
    this.setTime((Math.round(this.time * rate) + frames) / rate);
  }

  toggle() { if (this.isPlaying) this.pause(); else this.play(); }

  play() {
    this.isPlaying = true;
    this.nameButton();
    this.run();
  }

  pause() {
    this.isPlaying = false;
    this.nameButton();
    this.stop();
  }

  setSeen(isSeen) {
    this.isSeen = isSeen;
    if (isSeen) this.run();
    else this.stop();
  }

  run() {
    this.stop();
    if (!this.isPlaying || !this.isSeen) return;
    let previous, slow = 0;
    const advance = (now) => {
      if (previous !== undefined) {
        const time = this.time + (Math.min(now - previous, 250) / 1000) * this.speed;
        this.setTime(time > this.seconds ? 0 : time);
        this.stage?.render();
        slow = now - previous > SLOW_MS ? slow + 1 : 0;
        if (slow === SLOW_FRAMES) this.stage?.simplify();
      }
      previous = now;
      this.animation = requestAnimationFrame(advance);
    };
    this.animation = requestAnimationFrame(advance);
  }

  stop() {
    if (this.animation !== undefined) cancelAnimationFrame(this.animation);
    this.animation = undefined;
  }

  /* -- elements -- */

  build() {
    this.view = createElement("div", { class: "view" }, this.canvas);
    this.captions = createElement("div", { class: "captions" }, ...this.walks.map((walk) => createElement("span", {}, walk.label)));
    if (this.walks.some((walk) => walk.label)) this.view.append(this.captions);
    this.view.append(createElement("div", { class: "legend", "aria-hidden": "true" },
      ...SIDES.map((side) => createElement("span", {}, createElement("i", { class: side }), side === "left" ? "L left" : "R right"))));
    this.timeline = createElement("div", { class: "time" });
    const notes = [...new Set(this.walks.map((walk) => walk.note).filter(Boolean))];
    this.probe = createElement("span", { class: "probe" });
    this.app.prepend(createElement("div", { class: "live", role: "group", "aria-label": this.title }, this.view, this.timeline,
      this.playBar(), this.viewBar(), createElement("p", { class: "hint" }, [...notes, HINT].join(" ")), this.probe));
    this.buildTimeline();
  }

  playBar() {
    const button = (name, label, frames) => createElement("button",
      { type: "button", class: "icon", title: label, "aria-label": label, onclick: () => this.step(frames) }, icon(name));
    this.playButton = createElement("button", { type: "button", class: "play", onclick: () => this.toggle() });
    this.nameButton();
    this.output = createElement("output", { "aria-label": "time" });
    const speeds = createElement("select", { "aria-label": "speed", onchange: (event) => { this.speed = Number(event.target.value); } },
      ...SPEEDS.map(([name, value]) => createElement("option", { value: String(value) }, name)));
    const bar = createElement("div", { class: "bar", onkeydown: (event) => this.onBarKey(event) }, button("back", "One frame back", -1),
      this.playButton, button("forward", "One frame forward", 1), this.output, speeds);
    return bar;
  }

  nameButton() {
    if (!this.playButton) return;
    this.playButton.replaceChildren(icon(this.isPlaying ? "pause" : "play"), this.isPlaying ? "Pause" : "Play");
  }

  viewBar() {
    this.viewButtons = Object.keys(VIEWS).map((name) => createElement("button",
      { type: "button", "aria-pressed": "false", onclick: () => this.setView(name) }, name));
    this.markView("Free");
    const bar = createElement("div", { class: "bar" },
      createElement("div", { class: "views", role: "group", "aria-label": "view" }, ...this.viewButtons));
    const parts = [["Markers", "markers", (walk) => walk.markerSeries], ["Body", "body", (walk) => walk.surface],
      ["Heel strikes", "strikes", (walk) => walk.marks.length], ["L and R", "names", () => true]];
    for (const [name, key, has] of parts) {
      if (this.walks.some(has)) bar.append(this.checkbox(name, this.visible[key], (isOn) => { this.visible[key] = isOn; this.update(); }));
    }
    if (this.walks.length > 1) bar.append(this.checkbox("Overlay", false, (isOn) => this.setOverlaid(isOn)));
    if (this.pairs) bar.append(this.checkbox("Synchronise steps", true, (isOn) => this.setSynchronised(isOn)));
    return bar;
  }

  checkbox(name, isOn, onChange) {
    const box = createElement("input", { type: "checkbox", checked: isOn, onchange: (event) => onChange(event.target.checked) });
    return createElement("label", {}, box, name);
  }

  setView(name) {
    this.stage.setView(name);
    this.markView(name);
  }

  markView(name) {
    this.viewButtons?.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === name)));
  }

  setOverlaid(isOverlaid) {
    this.view.classList.toggle("overlaid", isOverlaid);
    const suffixes = isOverlaid ? [" (solid)", " (transparent)"] : ["", ""];
    [...this.captions.children].forEach((caption, i) => { caption.textContent = this.walks[i].label + suffixes[i]; });
    this.stage.setOverlaid(isOverlaid);
    this.update();
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
      if (!SIDES.some((side) => walk.strikes[side]?.length)) return;
      if (this.walks.length > 1) rows.push(createElement("div", { class: "head" }, `Heel strikes, ${walk.label}`));
      for (const side of SIDES) rows.push(this.lane(walk, index, side));
    });
    this.slider = createElement("input", {
      type: "range", min: "0", max: this.seconds.toFixed(3), step: "0.001", "aria-label": "time in the walk",
      oninput: () => { this.pause(); this.setTime(Number(this.slider.value)); },
      onkeydown: (event) => this.onBarKey(event),
    });
    rows.push(createElement("div", { class: "lane" }, createElement("span", {}, "Time"), this.slider));
    this.timeline.replaceChildren(...rows);
  }

  lane(walk, index, side) {
    const strikes = walk.strikes[side] || [];
    const name = this.walks.length > 1 ? side : `${side} heel`;
    const track = createElement("div", { class: "track", role: "img",
      "aria-label": `${side} heel strikes at ${strikes.map((time) => time.toFixed(2)).join(", ") || "no time"} s` });
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

  /* -- keyboard -- */

  onBarKey(event) {
    if (event.target instanceof HTMLSelectElement) return;
    const isSlider = event.target === this.slider;
    const frames = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: isSlider ? -1 : 0, ArrowUp: isSlider ? 1 : 0 }[event.key];
    if (frames) this.step(frames);
    else if (event.key === " " && isSlider) this.toggle();
    else return;
    event.preventDefault();
  }

  onCanvasKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], "+": [0, 0, 1], "=": [0, 0, 1],
      "-": [0, 0, -1], "−": [0, 0, -1] };
    if (moves[event.key]) {
      this.stage.move(...moves[event.key]);
      this.markView("Free");
    } else if (event.key === ",") this.step(-1);
    else if (event.key === ".") this.step(1);
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  /* -- colours -- */

  /** Read the colours of the page and draw with them. */
  repaint() {
    if (!this.stage) return;
    const colours = {};
    for (const [name, value] of Object.entries(DEFAULTS)) {
      this.probe.style.color = `var(--gait-${name}, ${value})`;
      colours[name] = new Color(getComputedStyle(this.probe).color);
    }
    this.stage.paint(colours);
    this.update();
  }
}

if (!customElements.get("gait-scene")) customElements.define("gait-scene", GaitScene);
