// Colours enlarged along the edges of the lightness, as colorlib/colorize/upsample.py does: what is
// enlarged is how colour follows lightness (a slope) and what remains; at full size they meet the
// lightness that is known there.

import { lightness, writePixel } from "./lab.js";
import { across, weights } from "./resize.js";

const EPSILON = 50; // variance of L above which an edge is believed

/** The mean over the 3 x 3 window around each number, of what lies inside. */
function windowed(plane, width, height) {
  const result = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - 1), Math.min(height - 1, y + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)];
      let sum = 0;
      for (let v = top; v <= bottom; v++) {
        for (let u = left; u <= right; u++) sum += plane[v * width + u];
      }
      result[y * width + x] = sum / ((bottom - top + 1) * (right - left + 1));
    }
  }
  return result;
}

/** Split a plane of small colours: `plane = slope * L + rest`. */
export function slopeAndRest(L, plane, width, height) {
  const middle = L.reduce((sum, value) => sum + value, 0) / L.length;
  const centred = L.map((value) => value - middle);
  const mean = windowed(centred, width, height);
  const square = windowed(centred.map((value) => value * value), width, height);
  const own = windowed(plane, width, height);
  const product = windowed(plane.map((value, i) => value * centred[i]), width, height);
  const steep = product.map((value, i) => {
    const variance = Math.max(0, square[i] - mean[i] * mean[i]);
    return (value - mean[i] * own[i]) / (variance + EPSILON);
  });
  const slope = windowed(steep, width, height);
  return [slope, plane.map((value, i) => value - slope[i] * L[i])];
}

/**
 * Give a full-size picture the colours that were found for its small view.
 *
 * @param {{data: Uint8ClampedArray, width: number, height: number}} picture RGBA
 * @param {{L: Float32Array, width: number, height: number}} small
 * @param {Float32Array[]} ab planes of the size of `small`, CIE units
 * @returns {Uint8ClampedArray} RGBA of the size of the picture, opaque
 */
export function paint(picture, small, ab) {
  const { data, width, height } = picture;
  const planes = ab
    .flatMap((plane) => slopeAndRest(small.L, plane, small.width, small.height))
    .map((plane) => across(plane, small.width, small.height, width));
  const { starts, values, taps } = weights(small.height, height);
  const rows = planes.map(() => new Float32Array(width));
  const result = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++) {
    rows.forEach((row, p) => {
      row.fill(0);
      for (let i = 0; i < taps; i++) {
        const weight = values[y * taps + i];
        if (weight === 0) continue;
        const from = (starts[y] + i) * width;
        for (let x = 0; x < width; x++) row[x] += weight * planes[p][from + x];
      }
    });
    const L = lightness(data, y * width, (y + 1) * width);
    const [slopeA, restA, slopeB, restB] = rows;
    for (let x = 0, at = 4 * y * width; x < width; x++, at += 4) {
      const a = restA[x] + slopeA[x] * L[x];
      const b = restB[x] + slopeB[x] * L[x];
      writePixel(result, at, L[x], a, b);
    }
  }
  return result;
}
