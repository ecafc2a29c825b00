// Bicubic resizing that averages over what it leaves out, as Pillow and torch (antialias) do.

const GAP = 3; // Pillow's `reducing_gap`: what shrinks more is averaged in whole blocks first

/** Keys' cubic with a = -1/2. */
function cubic(x) {
  x = Math.abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * For each of `to` places in a row of `from` numbers: where its window starts, and its weights.
 * The row stands for `length` numbers, a little less than `from` when its last block is not full.
 * A place has `taps` weights; those beyond its window are 0.
 */
export function weights(from, to, length = from) {
  const scale = length / to;
  const filter = Math.max(1, scale);
  const reach = 2 * filter;
  const taps = Math.min(from, Math.ceil(reach) * 2 + 1);
  const starts = new Int32Array(to);
  const values = new Float32Array(to * taps);
  for (let place = 0; place < to; place++) {
    const middle = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(middle - reach + 0.5));
    const end = Math.min(from, Math.trunc(middle + reach + 0.5));
    const kernel = Array.from({ length: end - start }, (_, i) =>
      cubic((start + i - middle + 0.5) / filter),
    );
    const sum = kernel.reduce((a, b) => a + b, 0);
    starts[place] = start;
    kernel.forEach((weight, i) => (values[place * taps + i] = weight / sum));
  }
  return { starts, values, taps };
}

/** Resize a plane of numbers. */
export function resize(plane, width, height, newWidth, newHeight) {
  const wide = newWidth === width ? plane : across(plane, width, height, newWidth);
  return newHeight === height ? wide : down(wide, newWidth, height, newHeight);
}

/** Resize a plane in its width only. */
export function across(plane, width, height, newWidth, length = width) {
  const { starts, values, taps } = weights(width, newWidth, length);
  const result = new Float32Array(newWidth * height);
  for (let x = 0; x < newWidth; x++) {
    const count = Math.min(taps, width - starts[x]);
    for (let y = 0; y < height; y++) {
      let sum = 0;
      const from = y * width + starts[x];
      for (let i = 0; i < count; i++) sum += values[x * taps + i] * plane[from + i];
      result[y * newWidth + x] = sum;
    }
  }
  return result;
}

/** Resize a plane in its height only. */
export function down(plane, width, height, newHeight, length = height) {
  const { starts, values, taps } = weights(height, newHeight, length);
  const result = new Float32Array(width * newHeight);
  for (let y = 0; y < newHeight; y++) {
    const count = Math.min(taps, height - starts[y]);
    for (let i = 0; i < count; i++) {
      const weight = values[y * taps + i];
      const from = (starts[y] + i) * width;
      for (let x = 0; x < width; x++) result[y * width + x] += weight * plane[from + x];
    }
  }
  return result;
}

/** A large RGBA picture at a smaller size, as Pillow makes it: rounded to bytes after each step. */
export function shrink({ data, width, height }, newWidth, newHeight) {
  const byX = Math.max(1, Math.trunc(width / newWidth / GAP));
  const byY = Math.max(1, Math.trunc(height / newHeight / GAP));
  const [w, h] = [Math.ceil(width / byX), Math.ceil(height / byY)];
  const small = new Uint8ClampedArray(4 * newWidth * newHeight).fill(255);
  blocks(data, width, height, byX, byY).forEach((plane, channel) => {
    const wide = bytes(across(plane, w, h, newWidth, width / byX));
    const done = bytes(down(wide, newWidth, h, newHeight, height / byY));
    done.forEach((value, i) => (small[4 * i + channel] = value));
  });
  return small;
}

const bytes = (plane) => Uint8ClampedArray.from(plane, (value) => Math.floor(value + 0.5));

/** The mean bytes of blocks of pixels, as three planes. */
function blocks(rgba, width, height, byX, byY) {
  const [w, h] = [Math.ceil(width / byX), Math.ceil(height / byY)];
  const planes = [0, 1, 2].map(() => new Float32Array(w * h));
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.trunc(y / byY) * w;
    for (let x = 0, column = 0, inside = 0; x < width; x++, at += 4) {
      planes[0][row + column] += rgba[at];
      planes[1][row + column] += rgba[at + 1];
      planes[2][row + column] += rgba[at + 2];
      if (++inside === byX) {
        inside = 0;
        column++;
      }
    }
  }
  for (let y = 0; y < h; y++) {
    const rows = Math.min(byY, height - y * byY);
    for (let x = 0; x < w; x++) {
      const count = rows * Math.min(byX, width - x * byX);
      for (const plane of planes) {
        plane[y * w + x] = Math.floor(plane[y * w + x] / count + 0.5);
      }
    }
  }
  return planes;
}
