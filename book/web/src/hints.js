// Pinned colours pull the network's prediction, as colorlib/colorize/hints.py does: each point says
// how wrong the prediction is there, and the correction spreads along similar lightness.

import { colourOf } from "./lab.js";
import { likeness, spread } from "./spread.js";

const REACH = 0.2; // of the picture's side: over so much even lightness a correction falls to 1/e
const FADE = 3; // a point counts until its correction has fallen to about e^-3
const ALIKE = 25; // units of L: what differs more from the point is probably another thing
const GRAIN = 0.7; // pixels: the blur that takes the walls out of grain
const DAB = 0.01; // of the picture's side: radius of the dab that a point stands for, and
const SAME = 10; // units of L by which a pixel of the dab may differ from its middle

/**
 * Correct a prediction so that it has the wanted colours at some points.
 *
 * @param {{L: Float32Array, width: number, height: number}} small
 * @param {Float32Array[]} ab the planes of the prediction, CIE units
 * @param {{x: number, y: number, rgb: number[]}[]} points x and y in [0, 1], rgb three bytes
 * @returns {Float32Array[]} the corrected planes
 */
export function followPoints(small, ab, points) {
  if (points.length === 0) return ab;
  const { width, height } = small;
  const L = blurred(small.L, width, height);
  const side = Math.sqrt(width * height);
  const wanted = new Map(); // of two points in one pixel the later counts
  for (const { x, y, rgb } of points) {
    const column = Math.min(width - 1, Math.trunc(x * width));
    const row = Math.min(height - 1, Math.trunc(y * height));
    wanted.set(row * width + column, colourOf(rgb));
  }
  const middles = [...wanted.keys()];
  const owner = dabs(L, width, height, middles, side);
  const weights = likeness(L, width, height);
  const pull = (0.61 / (REACH * side)) ** 2;
  const presence = middles.map((_, which) => spread(weights, owner, which, width, height, pull));
  const change = middles.map((middle) => wanted.get(middle).map((v, c) => v - ab[c][middle]));
  const result = ab.map((plane) => Float32Array.from(plane));
  for (let i = 0; i < L.length; i++) {
    let total = 0;
    let shares = 0;
    let alike = 0;
    const move = [0, 0];
    middles.forEach((middle, which) => {
      const here = Math.max(presence[which][i], 1e-30);
      const like = Math.exp(-(((L[i] - L[middle]) / ALIKE) ** 2) / 2);
      const share = here * like;
      total += here;
      shares += share;
      alike += share * like;
      move[0] += share * change[which][0];
      move[1] += share * change[which][1];
    });
    const distance = -Math.log(Math.min(1, total)) / FADE;
    const strength = (Math.exp(-(distance ** 4)) * alike) / shares ** 2;
    for (let c = 0; c < 2; c++) result[c][i] += strength * move[c];
  }
  return result;
}

/** Which point's dab a pixel is in, or -1. Where two dabs meet, the first keeps its own. */
function dabs(L, width, height, middles, side) {
  const owner = new Int32Array(L.length).fill(-1);
  const radius = Math.max(1, DAB * side);
  middles.forEach((middle, which) => {
    const [row, column] = [Math.trunc(middle / width), middle % width];
    const reach = Math.floor(radius);
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
        const i = y * width + x;
        const near = (y - row) ** 2 + (x - column) ** 2 <= radius ** 2;
        if (near && Math.abs(L[i] - L[middle]) < SAME && (owner[i] < 0 || i === middle)) {
          owner[i] = which;
        }
      }
    }
  });
  return owner;
}

/** A Gaussian blur; beyond its borders the picture is mirrored. */
function blurred(plane, width, height) {
  const reach = Math.trunc(4 * GRAIN + 0.5);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * GRAIN ** 2)),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  const mirror = (i, side) => {
    const place = ((i % (2 * side)) + 2 * side) % (2 * side);
    return place < side ? place : 2 * side - 1 - place;
  };
  const along = (from, place) =>
    from.map((_, i) => {
      let value = 0;
      for (let k = -reach; k <= reach; k++) value += kernel[k + reach] * from[place(i, k)];
      return value / sum;
    });
  const columns = along(Float64Array.from(plane), (i, k) => {
    return mirror(Math.trunc(i / width) + k, height) * width + (i % width);
  });
  return along(columns, (i, k) => i - (i % width) + mirror((i % width) + k, width));
}
