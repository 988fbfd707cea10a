/* Decode the record of a walk, written by packing.py, and interpolate between its frames.
 *
 * Positions are metres in the scene: X in the direction of the walk, Y up, the left side at -Z.
 * Numbers are int16 differences between frames, series by series, compressed (zlib) as base64.
 */

const MISSING = -32768;
const INT16_MAX = 32767;
export const SIDES = ["left", "right"];
export const POINTS = 25; // 22 joints of HumanML3D, the head, the heels
export const HEAD = 22;
const HEAD_RADIUS_M = 0.12;
const PELVIS = 0;
const HEELS = { left: 23, right: 24 }, ANKLES = { left: 7, right: 8 };
const FOCUS_S = 1.0; // time over which the point that the camera follows is smoothed

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Series of int16 numbers: `count` points of `size` values in `frames` frames. */
class Series {
  static async of(text, frames, size, unit) {
    return new Series(new Int16Array(await inflate(text)), frames, size, unit);
  }

  constructor(steps, frames, size, unit) {
    Object.assign(this, { values: steps, frames, size, unit, count: steps.length / frames / size });
    for (let series = 0; series < steps.length; series += frames) {
      for (let i = series + 1; i < series + frames; i++) steps[i] += steps[i - 1];
    }
  }

  /** Write the values at a position in frames to `out`, NaN where missing. */
  at(position, out) {
    const { frames, values, unit } = this;
    const clamped = clamp(position, 0, frames - 1);
    const first = Math.min(Math.floor(clamped), Math.max(frames - 2, 0));
    const next = Math.min(first + 1, frames - 1), share = clamped - first;
    for (let k = 0; k < out.length; k++) {
      const a = values[k * frames + first], b = values[k * frames + next];
      const isMissing = (a === MISSING && share < 1) || (b === MISSING && share > 0);
      out[k] = isMissing ? NaN : unit * (share === 0 ? a : share === 1 ? b : a + share * (b - a));
    }
    return out;
  }
}

class SurfaceData {
  static async of(record, unit) {
    const data = new SurfaceData();
    const [vertices, faces, influences, weights, rest, orientations, positions] = await Promise.all(
      ["vertices", "faces", "influences", "weights", "rest", "orientations", "positions"]
        .map((name) => inflate(record[name])));
    data.vertices = new Float32Array(vertices);
    data.faces = new Uint16Array(faces);
    data.influences = new Uint8Array(influences);
    data.weights = new Uint8Array(weights);
    data.rest = new Float32Array(rest);
    const heights = data.vertices.filter((_, i) => i % 3 === 1);
    data.height = heights.reduce((a, b) => Math.max(a, b)) - heights.reduce((a, b) => Math.min(a, b)); // of the body at rest
    data.rate = record.rate_hz;
    data.start = record.start_s;
    data.hasHead = record.has_head;
    const frames = positions.byteLength / 2 / 3 / record.joints;
    data.orientations = new Series(new Int16Array(orientations), frames, 4, 1 / INT16_MAX);
    data.positions = new Series(new Int16Array(positions), frames, 3, unit);
    data.pose = { quaternions: new Float32Array(4 * record.joints), joints: new Float32Array(3 * record.joints) };
    return data;
  }

  poseAt(time) {
    const position = (time - this.start) * this.rate;
    this.orientations.at(position, this.pose.quaternions);
    this.positions.at(position, this.pose.joints);
    return this.pose;
  }
}

export class Walk {
  static async of(record) {
    const walk = new Walk();
    Object.assign(walk, { label: record.label, note: record.note, frames: record.frames,
      rate: record.rate_hz, strikes: record.strikes, bones: record.bones });
    walk.series = await Series.of(record.points, record.frames, 3, record.unit_m);
    walk.current = new Float32Array(3 * POINTS);
    if (record.markers) {
      walk.markerSeries = await Series.of(record.markers, record.frames, 3, record.unit_m);
      walk.currentMarkers = new Float32Array(3 * walk.markerSeries.count);
    }
    if (record.surface) walk.surface = await SurfaceData.of(record.surface, record.unit_m);
    walk.seconds = Math.max((record.frames - 1) / record.rate_hz, 0.001);
    walk.marks = walk.heelMarks();
    walk.height = Math.max(walk.highest(), walk.surface?.height ?? 0); // without markers of the trunk the body is higher
    return walk;
  }

  /** Coordinates of the points at a time; the same array at each call. */
  pointsAt(time, out = this.current) { return this.series.at(time * this.rate, out); }

  markersAt(time) { return this.markerSeries.at(time * this.rate, this.currentMarkers); }

  /** Horizontal position [x, z] of the pelvis, smoothed, which the camera follows. */
  focus(time) {
    const n = 9, pelvis = new Float32Array(3), sum = [0, 0];
    for (let i = 0; i < n; i++) {
      this.pointsAt(time + (i / (n - 1) - 0.5) * FOCUS_S, pelvis); // only the first point
      sum[0] += pelvis[3 * PELVIS] / n;
      sum[1] += pelvis[3 * PELVIS + 2] / n;
    }
    return sum;
  }

  /** Heel strikes {side, time, x, z} at the heel, or at the ankle if there is no heel. */
  heelMarks() {
    const points = new Float32Array(3 * POINTS), marks = [];
    for (const side of SIDES) {
      for (const time of this.strikes[side] || []) {
        this.pointsAt(time, points);
        const point = [HEELS[side], ANKLES[side]].find((i) => !Number.isNaN(points[3 * i]));
        if (point !== undefined) marks.push({ side, time, x: points[3 * point], z: points[3 * point + 2] });
      }
    }
    return marks;
  }

  /** Height of the highest point in metres, with the size of a head where there is none. */
  highest() {
    let highest = 0;
    for (let frame = 0; frame < this.frames; frame += 5) {
      this.pointsAt(frame / this.rate);
      for (let i = 1; i < this.current.length; i += 3) if (this.current[i] > highest) highest = this.current[i];
    }
    return highest + HEAD_RADIUS_M;
  }

  /** Limits {x: [low, high], z: [low, high]} of the way of the pelvis, and x at its start. */
  extent() {
    const pelvis = new Float32Array(3), limits = { x: [Infinity, -Infinity], z: [Infinity, -Infinity] };
    for (let frame = 0; frame < this.frames; frame++) {
      this.series.at(frame, pelvis);
      for (const [axis, value] of [["x", pelvis[0]], ["z", pelvis[2]]]) {
        limits[axis] = [Math.min(limits[axis][0], value), Math.max(limits[axis][1], value)];
      }
    }
    this.series.at(0, pelvis);
    return { ...limits, start: [pelvis[0], pelvis[2]] };
  }
}

/** Pairs of heel-strike times (first walk, second walk) of the same foot; null if too few. */
export function stepPairs(walks) {
  if (walks.length < 2) return null;
  const counts = SIDES.map((side) => Math.min(...walks.map((walk) => (walk.strikes[side] || []).length)));
  const side = SIDES[counts[0] >= counts[1] ? 0 : 1];
  const n = Math.max(...counts);
  if (n < 2) return null;
  return walks[0].strikes[side].slice(0, n).map((time, i) => [time, walks[1].strikes[side][i]]);
}

/** Map a time of column `from` to column `to`: linear between pairs, extrapolated outside. */
export function mapTime(pairs, time, from, to) {
  const after = pairs.findIndex((pair) => pair[from] > time);
  const i = clamp((after === -1 ? pairs.length : after) - 1, 0, pairs.length - 2);
  const [a, b] = [pairs[i], pairs[i + 1]];
  return a[to] + ((time - a[from]) * (b[to] - a[to])) / Math.max(b[from] - a[from], 1e-6);
}
