/* The room in which walks are drawn: renderer, camera, light, floor with a grid in metres. */

import {
  BufferAttribute, BufferGeometry, Color, DirectionalLight, Fog, Group, HemisphereLight, LineBasicMaterial,
  LineSegments, Mesh, PCFShadowMap, PerspectiveCamera, PlaneGeometry, Scene, ShadowMaterial, Spherical,
  Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { Figure, textSprite } from "./figure.js";
import { clamp } from "./walk_data.js";

const FIELD_DEGREES = 28, SHOWN_WIDTH_M = 1.2;
const EYE = 0.47, SHOWN = 1.22; // height of the point looked at and of what is shown, as shares of the walker's
const MARGIN_M = 7, NUMBER_M = 0.13, MOST_NUMBERS = 24;
const TURN = Math.PI / 30, ZOOM = 1.15;
// Directions from the walker to the camera: X is ahead, Z is to the right.
export const VIEWS = {
  Free: [0.62, 0.3, -1], Left: [0, 0.05, -1], Right: [0, 0.05, 1], Front: [1, 0.05, 0], Above: [0, 1, -0.001],
};

/** Floor of a walk: lines every metre and half metre, and the metres from the start of the walk. */
class Floor extends Group {
  constructor(extent) {
    super();
    this.extent = extent;
    this.fine = this.lines(0.5);
    this.whole = this.lines(1);
    this.add(this.fine, this.whole);
    this.numbers = [];
  }

  lines(spacing) {
    const { x, z, start } = this.extent;
    const points = [], [xs, zs] = [[x, start[0]], [z, 0]].map(([[low, high], origin]) => {
      const first = origin + Math.floor((low - MARGIN_M - origin) / spacing) * spacing;
      return Array.from({ length: Math.ceil((high - low + 2 * MARGIN_M) / spacing) + 1 }, (_, i) => first + i * spacing);
    });
    for (const at of xs) points.push(at, 0, zs[0], at, 0, zs.at(-1));
    for (const at of zs) points.push(xs[0], 0, at, xs.at(-1), 0, at);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(points), 3));
    const material = new LineBasicMaterial({ transparent: true, opacity: spacing === 1 ? 0.95 : 0.4 });
    return new LineSegments(geometry, material);
  }

  paint(colours) {
    this.fine.material.color.copy(colours.floor);
    this.whole.material.color.copy(colours.floor);
    this.remove(...this.numbers);
    this.numbers.forEach((number) => { number.material.map.dispose(); number.material.dispose(); });
    const { x: [low, high], z, start: [origin] } = this.extent;
    const spacing = [1, 2, 5, 10, 20, 50].find((step) => (high - low) / step < MOST_NUMBERS) || 100;
    this.numbers = [];
    for (let metre = Math.ceil((low - origin) / spacing) * spacing; metre <= high - origin + 0.5; metre += spacing) {
      const number = textSprite(`${metre} m`, NUMBER_M, `#${colours.muted.getHexString()}`, undefined, false);
      number.position.set(origin + metre, NUMBER_M / 2, z[1] + 1);
      this.numbers.push(number);
    }
    if (this.numbers.length) this.add(...this.numbers);
  }
}

export class Stage {
  constructor(canvas, walks, onChange) {
    const context = canvas.getContext("webgl2", { alpha: true, antialias: true, preserveDrawingBuffer: true });
    if (!context) throw new Error("this browser has no WebGL");
    this.canvas = canvas;
    this.height = Math.max(...walks.map((walk) => walk.height));
    this.isOverlaid = false;
    this.renderer = new WebGLRenderer({ canvas, context, alpha: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.setClearColor(0x000000, 0);
    this.scene = new Scene();
    this.scene.fog = new Fog(0xffffff, 5, 15);
    this.camera = new PerspectiveCamera(FIELD_DEGREES, 1, 0.1, 60);
    this.figures = walks.map((walk, i) => new Figure(walk, i > 0));
    this.floors = walks.map((walk) => new Floor(walk.extent()));
    this.worlds = walks.map((_, i) => new Group().add(this.floors[i], this.figures[i]));
    this.scene.add(...this.worlds, ...this.lights(), this.shadowFloor());
    this.addControls(onChange);
    this.setView("Free");
  }

  lights() {
    const key = new DirectionalLight(0xffffff, 2.1);
    key.position.set(1.6, 4.2, -2.4);
    key.castShadow = true;
    key.shadow.mapSize.set(1024, 1024);
    key.shadow.radius = 4;
    key.shadow.normalBias = 0.02;
    Object.assign(key.shadow.camera, { left: -2.2, right: 2.2, top: 2.2, bottom: -2.2, near: 0.5, far: 9 });
    const fill = new DirectionalLight(0xffffff, 0.7);
    fill.position.set(-2, 2, 3);
    this.sky = new HemisphereLight(0xffffff, 0xb8c0cc, 1.7);
    return [key, fill, this.sky];
  }

  shadowFloor() {
    this.shadow = new Mesh(new PlaneGeometry(9, 9), new ShadowMaterial({ opacity: 0.22, fog: false, depthWrite: false }));
    this.shadow.rotation.x = -Math.PI / 2;
    this.shadow.position.y = 0.002;
    this.shadow.receiveShadow = true;
    return this.shadow;
  }

  addControls(onChange) {
    // The page scrolls over the picture unless it was clicked, or a key for zoom is held.
    this.onWheel = (event) => {
      const hasFocus = this.canvas.getRootNode().activeElement === this.canvas;
      if (!event.ctrlKey && !hasFocus) event.stopImmediatePropagation();
    };
    this.canvas.addEventListener("wheel", this.onWheel, { capture: true, passive: true });
    this.controls = new OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enablePan: false, minDistance: 1, maxDistance: 14, maxPolarAngle: Math.PI * 0.53 });
    this.controls.target.set(0, EYE * this.height, 0);
    this.canvas.style.touchAction = "pan-y"; // a vertical drag scrolls the page
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => onChange("Free"));
  }

  /** Distance from which the walker fits the view. */
  get distance() {
    const height = Math.max(SHOWN * this.height, SHOWN_WIDTH_M / Math.max(this.aspect || 1, 0.1));
    return height / 2 / Math.tan((FIELD_DEGREES * Math.PI) / 360);
  }

  setView(name) {
    this.offset = new Vector3(...VIEWS[name]).setLength(this.distance);
    this.camera.position.copy(this.controls.target).add(this.offset);
    this.controls.update();
    this.draw();
  }

  /** Rotate by steps (to the right, up), or zoom by a number of steps, from the keyboard. */
  move(right, up, closer = 0) {
    const offset = new Vector3().subVectors(this.camera.position, this.controls.target);
    const spherical = new Spherical().setFromVector3(offset);
    spherical.theta += right * TURN;
    spherical.phi = clamp(spherical.phi - up * TURN, 0.02, this.controls.maxPolarAngle);
    spherical.radius *= ZOOM ** -closer;
    this.camera.position.setFromSpherical(spherical).add(this.controls.target);
    this.controls.update();
    this.draw();
  }

  paint(colours) {
    this.colours = colours;
    this.scene.fog.color.copy(colours.surface);
    const isDark = colours.surface.getHSL({}).l < 0.4;
    this.shadow.material.opacity = isDark ? 0.5 : 0.2;
    this.sky.groundColor = new Color(isDark ? 0x404a58 : 0xb8c0cc);
    this.floors.forEach((floor) => floor.paint(colours));
    this.figures.forEach((figure) => figure.paint(colours, this.isOverlaid));
  }

  setOverlaid(isOverlaid) {
    this.isOverlaid = isOverlaid;
    this.figures.forEach((figure) => figure.paint(this.colours, isOverlaid));
    this.resize();
  }

  get views() { return this.isOverlaid ? 1 : this.worlds.length; }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const before = this.distance;
    this.aspect = width / this.views / height;
    this.renderer.setPixelRatio(this.isSimple ? 1 : Math.min(window.devicePixelRatio || 1, 2));
    this.renderer.setSize(width, height, false);
    const offset = new Vector3().subVectors(this.camera.position, this.controls.target);
    this.camera.position.copy(this.controls.target).addScaledVector(offset, this.distance / before);
    this.controls.update();
    this.draw();
  }

  /** Show the walks at their times in seconds. */
  update(times, visible) {
    this.figures.forEach((figure, i) => {
      figure.update(times[i], visible);
      const [x, z] = figure.walk.focus(times[i]);
      this.worlds[i].position.set(-x, 0, -z);
    });
    this.draw();
  }

  /** Draw in the next frame of the browser, once for several changes. */
  draw() {
    if (!this.isDisposed) this.frame ??= requestAnimationFrame(() => this.render());
  }

  /** Draw now. */
  render() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.colours || this.isDisposed) return;
    const distance = this.camera.position.distanceTo(this.controls.target);
    Object.assign(this.scene.fog, { near: distance + 2, far: distance + MARGIN_M });
    this.camera.aspect = this.aspect;
    this.camera.updateProjectionMatrix();
    this.renderer.setScissorTest(true);
    for (let view = 0; view < this.views; view++) {
      this.worlds.forEach((world, i) => { world.visible = this.isOverlaid || i === view; });
      this.floors.forEach((floor, i) => { floor.visible = i === (this.isOverlaid ? 0 : view); });
      const left = (view * width) / this.views;
      this.renderer.setViewport(left, 0, width / this.views, height);
      this.renderer.setScissor(left, 0, width / this.views, height);
      this.renderer.render(this.scene, this.camera);
    }
  }

  /** Leave out what costs time: for computers that draw without a graphics card. */
  simplify() {
    if (this.isSimple) return;
    this.isSimple = true;
    this.renderer.shadowMap.enabled = false;
    this.scene.traverse((object) => { if (object.material) object.material.needsUpdate = true; });
    this.resize();
  }

  /** Free the memory of the graphics card and the context. */
  dispose() {
    this.isDisposed = true;
    cancelAnimationFrame(this.frame);
    this.controls.dispose();
    this.canvas.removeEventListener("wheel", this.onWheel, { capture: true });
    this.scene.traverse((object) => {
      object.geometry?.dispose();
      object.material?.map?.dispose();
      object.material?.dispose();
      object.skeleton?.dispose();
      object.shadow?.dispose();
      if (object.isInstancedMesh) object.dispose();
    });
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
