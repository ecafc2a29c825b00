// The page's modules against numbers that Python computed: see test_modules.py, which runs this.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { slopeAndRest } from "../../book/web/src/enlarge.js";
import { woven } from "../../book/web/src/fetched.js";
import { pictureHeader } from "../../book/web/src/header.js";
import { followPoints } from "../../book/web/src/hints.js";
import { colourOf, lightness, makeGrey, writePixel } from "../../book/web/src/lab.js";
import { mirrored, networkSize, predict } from "../../book/web/src/network.js";
import { resize, shrink } from "../../book/web/src/resize.js";

const python = JSON.parse(readFileSync(process.env.NUMBERS, "utf8"));

function near(found, expected, most, what) {
  assert.equal(found.length, expected.length, what);
  let far = 0;
  expected.forEach((value, i) => (far = Math.max(far, Math.abs(found[i] - value))));
  assert.ok(far <= most, `${what}: ${far} apart, at most ${most} allowed`);
}

const rgba = (colours) => Uint8ClampedArray.from(colours.flatMap((rgb) => [...rgb, 255]));

test("lightness of bytes", () => {
  near(lightness(rgba(python.colours)), python.lightness, 0.02, "L");
});

test("a and b of a colour", () => {
  python.colours.forEach((rgb, i) => near(colourOf(rgb), python.ab[i], 0.01, `${rgb}`));
});

test("Lab becomes bytes that a screen can show, at its own lightness", () => {
  python.lab.forEach((lab, i) => {
    const pixel = new Uint8ClampedArray(4);
    writePixel(pixel, 0, ...lab);
    near(pixel.subarray(0, 3), python.shown[i], 1, `${lab}`);
    assert.equal(pixel[3], 255);
  });
});

test("a grey picture keeps its lightness", () => {
  const picture = rgba(python.colours);
  const before = lightness(picture);
  makeGrey(picture);
  near(lightness(picture), [...before], 0.5, "L");
  assert.ok(picture.every((value, i) => i % 4 === 3 || value === picture[i - (i % 4)]));
});

test("planes are resized as by torch", () => {
  for (const { plane, from, to, expected } of python.resized) {
    near(resize(Float32Array.from(plane), ...from, ...to), expected, 1e-3, `${from} to ${to}`);
  }
});

test("pictures are shrunk as by Pillow", () => {
  for (const { pixels, from, to, expected } of python.shrunk) {
    const picture = { data: rgba(pixels), width: from[0], height: from[1] };
    const found = shrink(picture, ...to).filter((_, i) => i % 4 !== 3);
    near(found, expected.flat(), 1, `${from} to ${to}`);
  }
});

test("the sizes at which a network looks", () => {
  for (const [width, height, size, expected] of python.sizes) {
    assert.deepEqual(networkSize(width, height, size), expected);
  }
});

test("margins are mirrored, also where they are wider than the picture", () => {
  for (const { side, multiple, index, before } of python.mirrored) {
    const found = mirrored(side, multiple);
    assert.deepEqual([...found.index], index);
    assert.equal(found.before, before);
  }
});

test("a prediction is the mean over sizes and the mirror image", async () => {
  const { L, width, height, sizes, expected } = python.predicted;
  // Stands for the network: a follows what lies to the right, so that a mirror image differs.
  const ask = async (given, batch, H, W) => {
    const answer = new Float32Array(2 * batch * H * W);
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < H * W; i++) {
        const right = i % W === W - 1 ? i : i + 1;
        answer[2 * n * H * W + i] = given[n * H * W + right] / 4;
        answer[(2 * n + 1) * H * W + i] = given[n * H * W + i] / 8;
      }
    }
    return answer;
  };
  const found = await predict(ask, { L: Float32Array.from(L), width, height }, sizes, 32);
  found.forEach((plane, c) => near(plane, expected[c], 0.01, `channel ${c}`));
  const broken = async (given, batch, H, W) => new Float32Array(2 * batch * H * W).fill(NaN);
  await assert.rejects(
    predict(broken, { L: Float32Array.from(L), width, height }, sizes, 32),
    /numbers that are none/,
  );
});

test("colour follows lightness by a slope, and something remains", () => {
  const { L, plane, width, height, slope, rest } = python.slopes;
  const found = slopeAndRest(Float32Array.from(L), Float32Array.from(plane), width, height);
  near(found[0], slope, 1e-3, "slope");
  near(found[1], rest, 0.05, "rest");
});

test("pinned colours spread as in colorlib.colorize.hints", () => {
  const { L, ab, width, height, points, expected } = python.pinned;
  const planes = ab.map((plane) => Float32Array.from(plane));
  const found = followPoints({ L: Float32Array.from(L), width, height }, planes, points);
  found.forEach((plane, c) => near(plane, expected[c], 0.1, `channel ${c}`));
});

test("the halves of a packed file are woven together", () => {
  for (const bytes of [[], [1], [1, 2], [1, 2, 3, 4, 5]]) {
    const even = bytes.filter((_, i) => i % 2 === 0);
    const odd = bytes.filter((_, i) => i % 2 === 1);
    const packed = Uint8Array.from([...even, ...odd]).buffer;
    assert.deepEqual([...new Uint8Array(woven(packed))], bytes);
  }
});

test("headers tell kind and size before anything is decoded", () => {
  for (const { name, bytes, header } of python.headers) {
    const found = pictureHeader(Uint8Array.from(bytes));
    assert.deepEqual(found && JSON.parse(JSON.stringify(found)), header, name);
  }
});
