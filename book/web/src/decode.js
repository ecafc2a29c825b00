// A file becomes pixels, or a sentence that says why not.

import { pictureHeader } from "./header.js";

const MOST_PIXELS = 40e6; // of a picture: what a browser's memory and canvases hold
const MOST_BYTES = 200e6; // of a file
const HEADER = 2 ** 20; // bytes in which the size of a picture must be said
const CHOOSE = "Choose a JPEG, PNG, WebP or AVIF file.";

/**
 * Decode a file as a browser does: EXIF rotation obeyed, in sRGB, transparency laid on white.
 *
 * @param {Blob & {name?: string}} file
 * @returns {Promise<{data: Uint8ClampedArray, width: number, height: number, bitmap: ImageBitmap}>}
 * @throws {Error} whose message is for the reader
 */
export async function decoded(file) {
  const name = file.name || "The picture";
  await check(file, name);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const { kind } = pictureHeader(new Uint8Array(await file.slice(0, HEADER).arrayBuffer()));
    if (["HEIC", "TIFF", "AVIF"].includes(kind)) {
      throw new Error(`${name}: this browser cannot decode ${kind}. Save it as JPEG, try again.`);
    }
    throw new Error(`${name}: the file is damaged or its end is missing. ${CHOOSE}`);
  }
  checkSize(bitmap.width, bitmap.height, name);
  if (isEmpty(bitmap)) {
    throw new Error(`${name}: the file is damaged or empty: all of it has one colour. ${CHOOSE}`);
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  return { data: context.getImageData(0, 0, width, height).data, width, height, bitmap };
}

/** Whether all of it looks alike: Firefox takes a PNG without data for a black picture. */
function isEmpty(bitmap) {
  const context = new OffscreenCanvas(64, 64).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, 64, 64);
  const { data } = context.getImageData(0, 0, 64, 64);
  return data.every((value, i) => value === data[i % 4]);
}

async function check(file, name) {
  if (file.size === 0) throw new Error(`${name}: the file is empty, it has 0 bytes. ${CHOOSE}`);
  if (file.size > MOST_BYTES) {
    const [has, most] = [file.size, MOST_BYTES].map((bytes) => Math.round(bytes / 1e6));
    throw new Error(`${name}: the file is too large, ${has} MB of at most ${most}. ${CHOOSE}`);
  }
  const header = pictureHeader(new Uint8Array(await file.slice(0, HEADER).arrayBuffer()));
  if (header === null) throw new Error(`${name}: this is not a picture. ${CHOOSE}`);
  if (header.kind === "SVG") {
    throw new Error(`${name}: this is a drawing (SVG), not a photograph. ${CHOOSE}`);
  }
  if (header.width !== undefined) checkSize(header.width, header.height, name);
  if (!(await isWhole(file, header.kind))) {
    throw new Error(`${name}: the end of the file is missing. Copy it again, or choose another.`);
  }
}

function checkSize(width, height, name) {
  if (!(width > 0 && height > 0)) {
    throw new Error(`${name}: the file is damaged, it tells no size of its picture. ${CHOOSE}`);
  }
  if (width * height > MOST_PIXELS) {
    const millions = Math.round((width * height) / 1e6);
    const most = Math.round(MOST_PIXELS / 1e6);
    throw new Error(
      `${name}: the picture is too large, ${width} x ${height} are ${millions} megapixels of at ` +
        `most ${most}. Make it smaller, or colour it with the command colorlib colorize.`,
    );
  }
}

/** Browsers paint grey what is missing at the end of a file; a result of that would be wrong. */
async function isWhole(file, kind) {
  const tail = new Uint8Array(await file.slice(-65536).arrayBuffer());
  const has = (...bytes) =>
    tail.some((_, i) => bytes.every((byte, k) => tail[i + k] === byte));
  if (kind === "JPEG") return has(0xff, 0xd9);
  if (kind === "PNG") return has(0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);
  if (kind === "WebP") {
    const size = new DataView(await file.slice(4, 8).arrayBuffer()).getUint32(0, true);
    return file.size >= size + 8;
  }
  return true;
}
