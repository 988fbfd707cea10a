/* The drawn walker: bones, joints, head, letters at hands and feet, markers, heel marks, surface. */

import {
  Bone, BufferAttribute, BufferGeometry, CanvasTexture, CircleGeometry, CylinderGeometry,
  DynamicDrawUsage, Group, InstancedMesh, LatheGeometry, LinearFilter, Matrix4, Mesh, MeshBasicMaterial,
  MeshPhongMaterial, Quaternion, RingGeometry, Skeleton, SkinnedMesh, SphereGeometry, Sprite,
  SpriteMaterial, SRGBColorSpace, Vector2, Vector3,
} from "three";
import { HEAD, POINTS, SIDES } from "./walk_data.js";

const UP = new Vector3(0, 1, 0);
const HIDDEN = new Matrix4().makeScale(0, 0, 0);
const HEAD_M = 0.095, MARKER_M = 0.011, MARK_M = 0.05, MARK_HEIGHT_M = 0.006;
const LETTER_M = 0.1, LETTER_AHEAD_M = 0.09;
// Points of a letter: it is in front of the second, in the direction from the first.
const LETTERS = { left: [[7, 10], [18, 20]], right: [[8, 11], [19, 21]] };
const BANDED = [[2, 5], [5, 8], [17, 19], [19, 21]]; // right limbs with a light band
const SURFACE_OPACITY = 0.5, SECOND_OPACITY = 0.45;

/** Profile of a bone of length 1 and radius 1 along Y: wide in the middle third. */
function boneGeometry() {
  const profile = [[0, 0], [0.62, 0.0], [0.86, 0.08], [1, 0.28], [0.97, 0.5], [0.8, 0.8], [0.62, 1], [0, 1]];
  return new LatheGeometry(profile.map(([radius, y]) => new Vector2(radius, y)), 14);
}

function instances(geometry, material, count, hasShadow = true) {
  const mesh = new InstancedMesh(geometry, material, count);
  mesh.instanceMatrix.setUsage(DynamicDrawUsage);
  mesh.frustumCulled = false;
  mesh.castShadow = hasShadow;
  return mesh;
}

/** Picture of a text on a disc or without background. */
function textTexture(text, colour, background) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const font = `600 ${background ? 84 : 60}px system-ui, sans-serif`;
  context.font = font;
  canvas.width = background ? 128 : Math.ceil(context.measureText(text).width) + 16;
  canvas.height = background ? 128 : 76;
  const [x, y] = [canvas.width / 2, canvas.height / 2];
  if (background) {
    context.fillStyle = background;
    context.beginPath();
    context.arc(x, y, 60, 0, 2 * Math.PI);
    context.fill();
    context.lineWidth = 6;
    context.strokeStyle = colour;
    context.stroke();
  }
  Object.assign(context, { font, fillStyle: colour, textAlign: "center", textBaseline: "middle" });
  context.fillText(text, x, y + 4);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.minFilter = LinearFilter;
  texture.generateMipmaps = false;
  return texture;
}

/** A text that faces the camera; `height` in metres. */
export function textSprite(text, height, colour, background, isOnTop = true) {
  const map = textTexture(text, colour, background);
  const sprite = new Sprite(new SpriteMaterial({ map, depthTest: !isOnTop, depthWrite: false, transparent: true, fog: !isOnTop }));
  sprite.scale.set((height * map.image.width) / map.image.height, height, 1);
  sprite.renderOrder = isOnTop ? 10 : 0;
  return sprite;
}

const cssColour = (colour) => `#${colour.getHexString()}`;

export class Figure extends Group {
  constructor(walk, isSecond) {
    super();
    this.walk = walk;
    this.isSecond = isSecond;
    this.matrix4 = new Matrix4();
    this.vectors = [new Vector3(), new Vector3(), new Vector3()];
    this.quaternion4 = new Quaternion();
    this.material = new MeshPhongMaterial({ shininess: 38, specular: 0x30343a });
    this.bones = instances(boneGeometry(), this.material, walk.bones.length);
    this.joints = instances(new SphereGeometry(1, 16, 12), this.material, POINTS);
    this.radii = this.jointRadii();
    this.bandMaterial = new MeshPhongMaterial({ color: 0xffffff, shininess: 10 });
    this.bands = instances(new CylinderGeometry(1, 1, 1, 14), this.bandMaterial, BANDED.length, false);
    this.head = new Mesh(new SphereGeometry(HEAD_M, 28, 20), this.material.clone());
    this.head.scale.set(0.92, 1.18, 0.88);
    this.head.castShadow = true;
    this.add(this.bones, this.joints, this.bands, this.head);
    if (walk.markerSeries) this.addMarkers();
    if (walk.surface) this.addSurface();
    this.addMarks();
  }

  /** Radius and side of the sphere at each joint: those of the thickest bone that ends there. */
  jointRadii() {
    const radii = new Array(POINTS).fill(0);
    this.sides = new Array(POINTS).fill("bone");
    for (const [from, to, side, radius] of this.walk.bones) {
      for (const point of [from, to]) {
        if (radius * 1.02 <= radii[point]) continue;
        radii[point] = radius * 1.02;
        this.sides[point] = side;
      }
    }
    radii[HEAD] = 0;
    return radii.map((radius) => radius * 0.92);
  }

  addMarkers() {
    this.markerMaterial = new MeshPhongMaterial({ shininess: 60 });
    this.markers = instances(new SphereGeometry(MARKER_M, 10, 8), this.markerMaterial, this.walk.markerSeries.count, false);
    this.add(this.markers);
  }

  addSurface() {
    const { vertices, faces, influences, weights, rest } = this.walk.surface;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(vertices, 3));
    geometry.setAttribute("skinIndex", new BufferAttribute(influences, 4));
    geometry.setAttribute("skinWeight", new BufferAttribute(weights, 4, true));
    geometry.setIndex(new BufferAttribute(faces, 1));
    geometry.computeVertexNormals();
    const bones = Array.from({ length: rest.length / 3 }, () => new Bone());
    const inverses = bones.map((_, i) => new Matrix4().makeTranslation(-rest[3 * i], -rest[3 * i + 1], -rest[3 * i + 2]));
    this.skinMaterial = new MeshPhongMaterial({ transparent: true, opacity: SURFACE_OPACITY, shininess: 12, specular: 0x202020 });
    this.surface = new SkinnedMesh(geometry, this.skinMaterial);
    this.surface.add(...bones);
    this.surface.bind(new Skeleton(bones, inverses), new Matrix4());
    this.surface.frustumCulled = false;
    this.surface.castShadow = true;
    this.surface.renderOrder = 5;
    this.add(this.surface);
  }

  /** Left marks are filled and right ones are rings, so that they differ without colour too. */
  addMarks() {
    this.marks = new Group();
    for (const { side, time, x, z } of this.walk.marks) {
      const geometry = side === "left" ? new CircleGeometry(MARK_M, 28) : new RingGeometry(0.62 * MARK_M, MARK_M, 28);
      const mark = new Mesh(geometry, new MeshBasicMaterial({ transparent: true, depthWrite: false, fog: false }));
      mark.rotation.x = -Math.PI / 2;
      mark.position.set(x, MARK_HEIGHT_M, z);
      mark.userData = { side, time };
      this.marks.add(mark);
    }
    this.add(this.marks);
  }

  /** Use the colours of the page; `colours` are three.js colours by name. */
  paint(colours, isOverlaid) {
    const isFaint = isOverlaid && this.isSecond;
    for (const material of [this.material, this.head.material, this.bandMaterial]) {
      material.transparent = isFaint;
      material.opacity = isFaint ? SECOND_OPACITY : 1;
      material.needsUpdate = true;
    }
    this.material.color.set(0xffffff);
    this.walk.bones.forEach(([, , side], i) => this.bones.setColorAt(i, colours[side]));
    this.sides.forEach((side, i) => this.joints.setColorAt(i, colours[side]));
    this.bones.instanceColor.needsUpdate = this.joints.instanceColor.needsUpdate = true;
    this.head.material.color.copy(colours.bone);
    this.markerMaterial?.color.copy(colours.marker);
    this.skinMaterial?.color.lerpColors(colours.body, colours.bone, 0.45);
    this.marks.children.forEach((mark) => mark.material.color.copy(colours[mark.userData.side]));
    this.letter(colours);
    this.isFaint = isFaint;
  }

  letter(colours) {
    this.removeTexts();
    this.letters = SIDES.flatMap((side) => LETTERS[side].map((points) => {
      const sprite = textSprite(side[0].toUpperCase(), LETTER_M, cssColour(colours["on-accent"]), cssColour(colours[side]));
      sprite.userData = { points };
      return sprite;
    }));
    this.add(...this.letters);
  }

  removeTexts() {
    for (const sprite of this.letters || []) {
      this.remove(sprite);
      sprite.material.map.dispose();
      sprite.material.dispose();
    }
  }

  show({ markers, body, strikes, names }) {
    if (this.markers) this.markers.visible = markers;
    if (this.surface) this.surface.visible = body;
    this.marks.visible = strikes;
    this.letters.forEach((letter) => { letter.visible = names && letter.userData.isSeen && !this.isFaint; });
  }

  update(time, visible) {
    const points = this.walk.pointsAt(time);
    const [from, to, axis] = this.vectors;
    this.walk.bones.forEach(([a, b, , radius], i) => {
      from.fromArray(points, 3 * a);
      to.fromArray(points, 3 * b);
      this.bones.setMatrixAt(i, this.between(from, to, axis, radius, 0, 1));
    });
    BANDED.forEach(([a, b], i) => {
      const bone = this.walk.bones.find((candidate) => candidate[0] === a && candidate[1] === b);
      from.fromArray(points, 3 * a);
      to.fromArray(points, 3 * b);
      this.bands.setMatrixAt(i, bone ? this.between(from, to, axis, bone[3] * 1.06, 0.47, 0.1) : HIDDEN);
    });
    this.radii.forEach((radius, i) => this.joints.setMatrixAt(i, this.ball(points, i, radius)));
    for (const mesh of [this.bones, this.bands, this.joints]) mesh.instanceMatrix.needsUpdate = true;
    this.head.visible = !Number.isNaN(points[3 * HEAD]);
    if (this.walk.surface?.hasHead && visible.body) this.head.visible = false; // that of the surface is shown
    if (this.head.visible) this.head.position.fromArray(points, 3 * HEAD);
    if (this.markers && visible.markers) this.updateMarkers(time);
    if (this.surface && visible.body) this.updateSurface(time);
    this.updateTexts(points);
    for (const mark of this.marks.children) mark.material.opacity = mark.userData.time <= time + 1e-6 ? 0.9 : 0.28;
    this.show(visible);
  }

  /** Matrix of a bone from a point to another, or of a part that starts at a share of it. */
  between(from, to, axis, radius, start, share) {
    axis.subVectors(to, from);
    const length = axis.length();
    if (!(length > 1e-5)) return HIDDEN;
    this.quaternion4.setFromUnitVectors(UP, axis.divideScalar(length));
    // a cylinder has its origin in the middle, a bone at its end
    const origin = share === 1 ? from : from.addScaledVector(axis, length * (start + share / 2));
    return this.matrix4.compose(origin, this.quaternion4, to.set(radius, length * share, radius));
  }

  ball(points, i, radius) {
    const [x, y, z] = points.subarray(3 * i, 3 * i + 3);
    if (Number.isNaN(x) || !radius) return HIDDEN;
    return this.matrix4.makeScale(radius, radius, radius).setPosition(x, y, z);
  }

  updateMarkers(time) {
    const points = this.walk.markersAt(time);
    for (let i = 0; i < points.length / 3; i++) this.markers.setMatrixAt(i, this.ball(points, i, 1));
    this.markers.instanceMatrix.needsUpdate = true;
  }

  updateSurface(time) {
    const { quaternions, joints } = this.walk.surface.poseAt(time);
    this.surface.skeleton.bones.forEach((bone, i) => {
      bone.position.fromArray(joints, 3 * i);
      bone.quaternion.fromArray(quaternions, 4 * i).normalize();
    });
  }

  updateTexts(points) {
    const [from, to, axis] = this.vectors;
    for (const letter of this.letters) {
      const [a, b] = letter.userData.points;
      from.fromArray(points, 3 * a);
      to.fromArray(points, 3 * b);
      letter.userData.isSeen = !Number.isNaN(to.x);
      axis.subVectors(to, from).normalize();
      letter.position.copy(to).addScaledVector(Number.isNaN(axis.x) ? UP : axis, LETTER_AHEAD_M);
      letter.position.y = Math.max(letter.position.y, LETTER_M / 2);
    }
  }
}
