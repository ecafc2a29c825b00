// sRGB and CIE Lab with the constants of colorlib.color: bytes to lightness, and Lab to bytes that
// a screen can show.

const XYZ_FROM_RGB = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const WHITE_D65 = [0.95047, 1, 1.08883];
const RGB_FROM_WHITE = inverse(XYZ_FROM_RGB.map((row, i) => row.map((m) => m / WHITE_D65[i])));
const STEPS = 65536; // how finely linear light is looked up
const TOLERANCE = 1e-3; // of sRGB: what counts as displayable
const BELOW = -1 / 12.92;
const ABOVE = (tolerance) => ((1 + tolerance + 0.055) / 1.055) ** 2.4;

const linearOf = (value) => (value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92);
const valueOf = (light) => (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : 12.92 * light);
const lightnessOf = (Y) => (Y > 0.008856 ? 116 * Math.cbrt(Y) - 16 : 903.292 * Y);

/** The linear light of each 8-bit value of sRGB. */
const LINEAR = Float32Array.from({ length: 256 }, (_, value) => linearOf(value / 255));
/** L* of each step of luminance, and the 8-bit value of each step of light. */
const LIGHTNESS = Float32Array.from({ length: STEPS + 1 }, (_, step) => lightnessOf(step / STEPS));
const BYTES = Uint8ClampedArray.from({ length: STEPS + 1 }, (_, i) => 255 * valueOf(i / STEPS));

/** L* in [0, 100] of the pixels of an RGBA picture, from one pixel up to another. */
export function lightness(rgba, start = 0, end = rgba.length / 4) {
  const L = new Float32Array(end - start);
  for (let i = 0, at = 4 * start; i < L.length; i++, at += 4) {
    L[i] = LIGHTNESS[(luminance(rgba, at) * STEPS + 0.5) | 0];
  }
  return L;
}

/** Make an RGBA picture grey in place, of the same lightness, and opaque. */
export function makeGrey(rgba) {
  for (let at = 0; at < rgba.length; at += 4) {
    const grey = BYTES[(luminance(rgba, at) * STEPS + 0.5) | 0];
    rgba[at] = rgba[at + 1] = rgba[at + 2] = grey;
    rgba[at + 3] = 255;
  }
}

/** a and b of an sRGB colour of three bytes. */
export function colourOf(rgb) {
  const light = rgb.map((value) => LINEAR[value]);
  const [x, y, z] = XYZ_FROM_RGB.map((row, i) => {
    const part = (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]) / WHITE_D65[i];
    return part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116;
  });
  return [500 * (x - y), 200 * (y - z)];
}

/**
 * Write one pixel of Lab as bytes. A colour that no screen shows gives up chroma, never lightness.
 */
export function writePixel(rgba, at, L, a, b) {
  const light = WORK;
  toLight(L, a, b, light);
  if (outside(light, TOLERANCE)) {
    const factor = largestFactor(L, a, b);
    toLight(L, a * factor, b * factor, light);
  }
  for (let i = 0; i < 3; i++) {
    const value = light[i] < 0 ? 0 : light[i] > 1 ? 1 : light[i];
    rgba[at + i] = BYTES[(value * STEPS + 0.5) | 0];
  }
  rgba[at + 3] = 255;
}

const WORK = new Float64Array(3);

function luminance(rgba, at) {
  const Y = XYZ_FROM_RGB[1];
  const light = Y[0] * LINEAR[rgba[at]] + Y[1] * LINEAR[rgba[at + 1]] + Y[2] * LINEAR[rgba[at + 2]];
  return light < 1 ? light : 1;
}

function toLight(L, a, b, light) {
  const y = (L + 16) / 116;
  const X = undone(y + a / 500);
  const Y = undone(y);
  const Z = undone(y - b / 200);
  for (let i = 0; i < 3; i++) {
    const row = RGB_FROM_WHITE[i];
    light[i] = row[0] * X + row[1] * Y + row[2] * Z;
  }
}

/** The inverse of Lab's cube root, a straight line near black. */
function undone(t) {
  return t > 0.2068966 ? t * t * t : 0.2068966 ** 3 + (t - 0.2068966) / 7.787;
}

function outside(light, tolerance) {
  const low = BELOW * tolerance;
  const high = tolerance === TOLERANCE ? HIGH : HIGH_HALF;
  return (
    light[0] < low || light[1] < low || light[2] < low ||
    light[0] > high || light[1] > high || light[2] > high
  );
}

const HIGH = ABOVE(TOLERANCE);
const HIGH_HALF = ABOVE(TOLERANCE / 2);

/** By bisection: the largest part of the chroma that can be shown at this lightness. */
function largestFactor(L, a, b) {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    toLight(L, a * middle, b * middle, WORK);
    if (outside(WORK, TOLERANCE / 2)) high = middle;
    else low = middle;
  }
  return low;
}

/** The inverse of a 3 x 3 matrix, by cofactors. */
function inverse(m) {
  const minor = (i, j) => {
    const [r, s] = [0, 1, 2].filter((k) => k !== i);
    const [c, d] = [0, 1, 2].filter((k) => k !== j);
    return (m[r][c] * m[s][d] - m[r][d] * m[s][c]) * ((i + j) % 2 ? -1 : 1);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * minor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => minor(j, i) / determinant));
}
