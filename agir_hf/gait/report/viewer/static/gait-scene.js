(() => { 'use strict';
/* Decode the data of a walk and draw it on a canvas. `viewer.js`, loaded after this file, defines
 * the element.
 *
 * A record, written by viewer.py, is {label, rate_hz, frames, joints, markers, unit_m, strikes:
 * {left, right}, surface: {rate_hz, frames, vertices, faces}}; markers and surface may be null.
 * Positions are base64 of little-endian int16 multiples of unit_m, Y up; MISSING codes a missing
 * marker.
 */

const JOINTS = 22;
const MISSING = -32768;
// Pairs of joints in the order of HumanML3D, with the name of a colour and half the width in metres.
const BONES = [
  [0, 3, "bone", 0.105], [3, 6, "bone", 0.11], [6, 9, "bone", 0.12], [9, 12, "bone", 0.06],
  [12, 15, "bone", 0.055],
  [0, 1, "left", 0.09], [1, 4, "left", 0.07], [4, 7, "left", 0.05], [7, 10, "left", 0.035],
  [9, 13, "left", 0.08], [13, 16, "left", 0.065], [16, 18, "left", 0.042], [18, 20, "left", 0.034],
  [0, 2, "right", 0.09], [2, 5, "right", 0.07], [5, 8, "right", 0.05], [8, 11, "right", 0.035],
  [9, 14, "right", 0.08], [14, 17, "right", 0.065], [17, 19, "right", 0.042],
  [19, 21, "right", 0.034],
];
const PELVIS = 0, NECK = 12, HEAD = 15, ANKLES = { left: 7, right: 8 };
const HEAD_RADIUS_M = 0.095, HEAD_ABOVE_M = 0.075;
const SIDES = ["left", "right"];
const DEFAULTS = {
  left: "#1d5fa8", right: "#b4530a", bone: "#334155", body: "#dbe4ee", floor: "#cbd5e1",
  marker: "#0f766e", ink: "#0f172a", muted: "#475569", line: "#d5dde6", accent: "#1d5fa8",
  surface: "#ffffff",
};
const GRID_M = 0.5, GRID_REACH = 8;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const radians = (degrees) => (degrees * Math.PI) / 180;

/* ---- data of a walk ---------------------------------------------------------------------- */

function decode(text, ArrayType = Int16Array) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new ArrayType(bytes.buffer);
}

class Walk {
  constructor(record) {
    this.label = record.label;
    this.frames = record.frames;
    this.rate = record.rate_hz;
    this.unit = record.unit_m;
    this.strikes = record.strikes;
    this.joints = decode(record.joints);
    this.markers = record.markers ? decode(record.markers) : null;
    this.surface = record.surface;
    if (this.surface) {
      this.vertices = decode(this.surface.vertices);
      this.faces = decode(this.surface.faces, Uint16Array);
    }
    this.seconds = Math.max((this.frames - 1) / this.rate, 0.001);
    this.heading = this.computeHeading();
  }

  /** Interpolate points linearly at a time: a list of [x, y, z], or null where a point is missing. */
  points(data, count, time, rate = this.rate) {
    const frames = data.length / count / 3;
    const position = clamp(time * rate, 0, frames - 1); // in frames
    const first = Math.min(Math.floor(position), Math.max(frames - 2, 0));
    const share = position - first;
    const next = Math.min(first + 1, frames - 1);
    const points = [];
    for (let i = 0; i < count; i++) {
      const a = (first * count + i) * 3, b = (next * count + i) * 3;
      if (data[a] === MISSING || data[b] === MISSING) { points.push(null); continue; }
      points.push([0, 1, 2].map((k) => this.unit * ((1 - share) * data[a + k] + share * data[b + k])));
    }
    return points;
  }

  jointsAt(time) { return this.points(this.joints, JOINTS, time); }

  markersAt(time) {
    return this.points(this.markers, this.markers.length / 3 / this.frames, time);
  }

  verticesAt(time) {
    const count = this.vertices.length / 3 / this.surface.frames;
    return this.points(this.vertices, count, time, this.surface.rate_hz);
  }

  /** Point that the camera follows: the pelvis, smoothed over about one stride. */
  focus(time) {
    const sum = [0, 0, 0], n = 9;
    for (let i = 0; i < n; i++) {
      const pelvis = this.pelvis(time + (i - (n - 1) / 2) * 0.12);
      for (let k = 0; k < 3; k++) sum[k] += pelvis[k] / n;
    }
    return sum;
  }

  pelvis(time) { return this.jointsAt(time)[PELVIS]; }

  /** Angle of the direction of travel in the floor plane; of the pelvis if it hardly moves. */
  computeHeading() {
    const first = this.pelvis(0), last = this.pelvis(this.seconds);
    let x = last[0] - first[0], z = last[2] - first[2];
    if (Math.hypot(x, z) < 0.5) {
      const joints = this.jointsAt(this.seconds / 2);
      const lateral = [joints[1][0] - joints[2][0], joints[1][2] - joints[2][2]];
      [x, z] = [-lateral[1], lateral[0]];
    }
    return Math.atan2(x, z);
  }

  /** Height of the lowest joint. */
  get floor() {
    if (this.lowest === undefined) {
      let lowest = Infinity;
      for (let i = 1; i < this.joints.length; i += 3) lowest = Math.min(lowest, this.joints[i]);
      this.lowest = lowest * this.unit;
    }
    return this.lowest;
  }
}

/* ---- synchronisation of two walks ------------------------------------------------------- */

/** Pairs of heel-strike times (first walk, second walk) of the same foot; null if too few. */
function stepPairs(walks) {
  if (walks.length < 2) return null;
  const counts = SIDES.map((side) => Math.min(...walks.map((w) => (w.strikes[side] || []).length)));
  const side = SIDES[counts[0] >= counts[1] ? 0 : 1];
  const n = Math.max(...counts);
  if (n < 2) return null;
  return walks[0].strikes[side].slice(0, n).map((time, i) => [time, walks[1].strikes[side][i]]);
}

/** Map a time of column `from` to column `to`: linear between pairs, extrapolated outside. */
function mapTime(pairs, time, from, to) {
  let i = pairs.findIndex((pair) => pair[from] > time) - 1;
  if (i === -2) i = pairs.length - 2;
  i = clamp(i, 0, pairs.length - 2);
  const [a, b] = [pairs[i], pairs[i + 1]];
  return a[to] + ((time - a[from]) * (b[to] - a[to])) / Math.max(b[from] - a[from], 1e-6);
}

/* ---- drawing ---------------------------------------------------------------------------- */

/** A pinhole camera that orbits a walker. */
class Camera {
  constructor(walk, view, focus, width, height) {
    const angle = walk.heading + radians(90 - view.turn);
    const tilt = radians(view.tilt);
    const horizontal = [Math.sin(angle), 0, Math.cos(angle)];
    this.back = [horizontal[0] * Math.cos(tilt), Math.sin(tilt), horizontal[2] * Math.cos(tilt)];
    this.right = [horizontal[2], 0, -horizontal[0]];
    this.up = cross(this.back, this.right);
    this.focus = [focus[0], walk.floor + 0.92, focus[2]];
    this.distance = 6;
    this.scale = (Math.min(height / 2.15, width / 1.25) * view.zoom) * this.distance;
    this.centre = [width / 2, height / 2];
  }

  /** Return [x, y, depth, pixels per metre], or null behind the camera. */
  project(point) {
    const offset = subtract(point, this.focus);
    const depth = this.distance - dot(offset, this.back);
    if (depth < 0.2) return null;
    const pixels = this.scale / depth;
    const [x, y] = [dot(offset, this.right) * pixels, dot(offset, this.up) * pixels];
    return [this.centre[0] + x, this.centre[1] - y, depth, pixels];
  }
}

function drawLine(context, from, to, colour, width) {
  if (!from || !to) return;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
}

function drawDisc(context, at, radius, colour) {
  if (!at) return;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
  context.fill();
}

function drawFloor(context, camera, walk, focus, colour) {
  const [x, z] = [focus[0], focus[2]].map((v) => Math.round(v / GRID_M) * GRID_M);
  const reach = GRID_REACH * GRID_M;
  for (let i = -GRID_REACH; i <= GRID_REACH; i++) {
    const fade = 1 - Math.abs(i) / (GRID_REACH + 1);
    context.globalAlpha = 0.75 * fade;
    const at = (px, pz) => camera.project([px, walk.floor, pz]);
    drawLine(context, at(x + i * GRID_M, z - reach), at(x + i * GRID_M, z + reach), colour, 1);
    drawLine(context, at(x - reach, z + i * GRID_M), at(x + reach, z + i * GRID_M), colour, 1);
  }
  context.globalAlpha = 1;
}

/** Draw the heel strikes until now as rings on the floor, in the colour of the side. */
function drawStrikes(context, camera, walk, time, colours) {
  for (const side of SIDES) {
    for (const strike of walk.strikes[side] || []) {
      if (strike > time + 1e-6) continue;
      const ankle = walk.jointsAt(strike)[ANKLES[side]];
      const at = camera.project([ankle[0], walk.floor, ankle[2]]);
      if (!at) continue;
      context.strokeStyle = colours[side];
      context.lineWidth = 2;
      context.globalAlpha = clamp(1 - (time - strike) / 4, 0.25, 0.9);
      context.beginPath();
      context.ellipse(at[0], at[1], 0.07 * at[3], 0.025 * at[3], 0, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

function headCentre(joints) {
  const [neck, head] = [joints[NECK], joints[HEAD]];
  const length = Math.hypot(...[0, 1, 2].map((k) => head[k] - neck[k])) || 1;
  return [0, 1, 2].map((k) => head[k] + ((head[k] - neck[k]) / length) * HEAD_ABOVE_M * (k === 1 ? 1 : 0.5));
}

/** Draw thick limbs, for walks without a surface. */
function drawLimbs(context, camera, joints, projected, colour) {
  const head = camera.project(headCentre(joints));
  for (const [from, to, , halfWidth] of BONES) {
    if (projected[from]) drawLine(context, projected[from], projected[to], colour, 2 * halfWidth * projected[from][3]);
  }
  if (head) drawDisc(context, head, HEAD_RADIUS_M * head[3], colour);
}

/** Return a colour "#rrggbb" darker or lighter by a factor. */
function shaded(colour, factor) {
  const parts = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) * factor);
  return `rgb(${parts.map((part) => Math.round(clamp(part, 0, 255))).join(",")})`;
}

/** Draw the triangles of the surface that face the camera, far ones first, lit from the side. */
function drawSurface(context, camera, walk, time, colour) {
  const vertices = walk.verticesAt(time);
  const projected = vertices.map((vertex) => vertex && camera.project(vertex));
  const light = [0, 1, 2].map((k) => 0.7 * camera.back[k] + 0.6 * camera.up[k] - 0.4 * camera.right[k]);
  const triangles = [];
  for (let i = 0; i < walk.faces.length; i += 3) {
    const corners = [0, 1, 2].map((k) => walk.faces[i + k]);
    if (corners.some((corner) => !projected[corner])) continue;
    const [a, b, c] = corners.map((corner) => vertices[corner]);
    const normal = cross(subtract(b, a), subtract(c, a));
    if (dot(normal, camera.back) <= 0) continue;
    const brightness = dot(normal, light) / (Math.sqrt(dot(normal, normal)) || 1);
    const depth = corners.reduce((sum, corner) => sum + projected[corner][2], 0);
    triangles.push({ corners, depth, factor: 0.72 + 0.36 * Math.max(brightness, 0) });
  }
  context.lineWidth = 1;
  for (const { corners, factor } of triangles.sort((a, b) => b.depth - a.depth)) {
    context.fillStyle = context.strokeStyle = shaded(colour, factor);
    context.beginPath();
    corners.forEach((corner) => context.lineTo(projected[corner][0], projected[corner][1]));
    context.closePath();
    context.fill();
    context.stroke(); // covers the gap to the next triangle
  }
}

function drawBones(context, projected, colours) {
  const depthOf = (joint) => projected[joint]?.[2] || 0;
  const bones = BONES.map((bone) => ({ bone, depth: depthOf(bone[0]) + depthOf(bone[1]) }));
  for (const { bone: [from, to, side] } of bones.sort((a, b) => b.depth - a.depth)) {
    if (!projected[from]) continue;
    drawLine(context, projected[from], projected[to], colours[side], Math.max(0.022 * projected[from][3], 2));
    drawDisc(context, projected[to], Math.max(0.018 * projected[from][3], 2), colours[side]);
  }
}

function drawShadow(context, camera, walk, joints, colour) {
  context.globalAlpha = 0.35;
  for (const [from, to, , halfWidth] of BONES) {
    const [a, b] = [from, to].map((i) => camera.project([joints[i][0], walk.floor, joints[i][2]]));
    if (a) drawLine(context, a, b, colour, halfWidth * a[3]);
  }
  context.globalAlpha = 1;
}

function drawWalk(canvas, walk, view, time, colours, visible) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const joints = walk.jointsAt(time), focus = walk.focus(time);
  const camera = new Camera(walk, view, focus, width, height);
  drawFloor(context, camera, walk, focus, colours.floor);
  drawShadow(context, camera, walk, joints, colours.floor);
  drawStrikes(context, camera, walk, time, colours);
  const projected = joints.map((joint) => camera.project(joint));
  context.lineCap = "round";
  if (walk.surface && visible.body) drawSurface(context, camera, walk, time, colours.body);
  else drawLimbs(context, camera, joints, projected, colours.body);
  drawBones(context, projected, colours);
  if (!visible.markers || !walk.markers) return;
  for (const marker of walk.markersAt(time)) {
    const at = marker && camera.project(marker);
    if (at) drawDisc(context, at, Math.max(0.011 * at[3], 1.8), colours.marker);
  }
}
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
})();
