// Asking the network: at which sizes it sees a picture, with which margins, and how the answers are
// blended. The same steps as colorlib/colorize/torch_backend.py.

import { resize } from "./resize.js";

const LONGEST = 4; // the network sees at most this many times `size` along the longer side
const L_HALF = 50; // network scale: L / 50 - 1
const AB_RANGE = 110; // and ab / 110

/** Round as Python does: halves go to the even neighbour. */
function rounded(x) {
  const whole = Math.floor(x);
  return x - whole === 0.5 ? whole + (whole % 2) : Math.round(x);
}

/** The width and height at which a network sees a picture. */
export function networkSize(width, height, size) {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const scale = Math.min(size / short, (LONGEST * size) / long);
  return [Math.max(1, rounded(width * scale)), Math.max(1, rounded(height * scale))];
}

/** For a side that is mirrored up to a multiple: the place in the picture of each pixel. */
export function mirrored(side, multiple) {
  const extra = (multiple - (side % multiple)) % multiple;
  const before = Math.floor(extra / 2);
  const period = Math.max(1, 2 * (side - 1));
  const index = Int32Array.from({ length: side + extra }, (_, i) => {
    const place = (((i - before) % period) + period) % period;
    return Math.min(place, period - place);
  });
  return { index, before };
}

/**
 * Predict the colours of a small picture: the mean over sizes, and over the picture and its mirror
 * image.
 *
 * @param {(given: Float32Array, batch: number, height: number, width: number) =>
 *   Promise<Float32Array>} ask the network, in its own scale
 * @param {{L: Float32Array, width: number, height: number}} small with L* in [0, 100]
 * @param {number[]} sizes shorter sides at which the network is asked
 * @param {number} multiple what sides must be multiples of
 * @returns {Promise<Float32Array[]>} the planes a and b in CIE units, of the size of `small`
 */
export async function predict(ask, small, sizes, multiple) {
  const { width, height } = small;
  const mean = [new Float32Array(width * height), new Float32Array(width * height)];
  for (const size of sizes) {
    const [w, h] = networkSize(width, height, size);
    const L = resize(small.L, width, height, w, h).map((x) => Math.min(100, Math.max(0, x)));
    const across = mirrored(w, multiple);
    const down = mirrored(h, multiple);
    const [W, H] = [across.index.length, down.index.length];
    const given = new Float32Array(2 * W * H);
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const value = L[down.index[y] * w + across.index[x]] / L_HALF - 1;
        given[y * W + x] = given[W * H + y * W + (W - 1 - x)] = value;
      }
    }
    const answer = await ask(given, 2, H, W);
    for (let half = 0; half < 2; half++) {
      for (let channel = 0; channel < 2; channel++) {
        const cropped = new Float32Array(w * h);
        const from = (2 * half + channel) * W * H;
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const column = half ? W - 1 - (across.before + x) : across.before + x;
            cropped[y * w + x] = answer[from + (down.before + y) * W + column] * AB_RANGE;
          }
        }
        const plane = resize(cropped, w, h, width, height);
        for (let i = 0; i < plane.length; i++) mean[channel][i] += plane[i] / (2 * sizes.length);
      }
    }
  }
  if (mean.some((plane) => plane.some((value) => !Number.isFinite(value)))) {
    throw new Error("The network answered with numbers that are none. Reload the page.");
  }
  return mean;
}
