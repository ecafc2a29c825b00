// What a file is and how large its picture is, from its first bytes: nothing is decoded that would
// not fit in memory.

const ascii = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));
const starts = (bytes, ...values) => values.every((value, i) => bytes[i] === value);

/**
 * Tell the kind of a file and, where its header says so, the size of its picture.
 *
 * @param {Uint8Array} bytes the beginning of the file
 * @returns {{kind: string, width?: number, height?: number} | null} null for what is no picture
 */
export function pictureHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (starts(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) {
      return { kind: "PNG", width: view.getUint32(16), height: view.getUint32(20) };
    }
    if (starts(bytes, 0xff, 0xd8, 0xff)) return { kind: "JPEG", ...jpegSize(view) };
    if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") {
      return { kind: "WebP", ...webpSize(bytes, view) };
    }
    if (ascii(bytes, 0, 4) === "GIF8") {
      return { kind: "GIF", width: view.getUint16(6, true), height: view.getUint16(8, true) };
    }
    if (ascii(bytes, 4, 8) === "ftyp") return boxed(bytes, view);
    if (ascii(bytes, 0, 2) === "BM") {
      const height = Math.abs(view.getInt32(22, true));
      return { kind: "BMP", width: Math.abs(view.getInt32(18, true)), height };
    }
    if (["II*\0", "MM\0*"].includes(ascii(bytes, 0, 4))) return { kind: "TIFF" };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "picture that ends in its header", width: 0, height: 0 };
  }
  const text = ascii(bytes, 0, 1000).trimStart().toLowerCase();
  return text.includes("<svg") || text.startsWith("<?xml") ? { kind: "SVG" } : null;
}

/** The size in a JPEG's frame header; segments before it are passed over. */
function jpegSize(view) {
  let at = 2;
  for (;;) {
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 4), width: view.getUint16(at + 6) };
    at += 1 + view.getUint16(at + 1);
  }
}

function webpSize(bytes, view) {
  const kind = ascii(bytes, 12, 16);
  const three = (at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (kind === "VP8X") return { width: three(24) + 1, height: three(27) + 1 };
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** AVIF and HEIC: the largest of the sizes that the boxes named ispe tell. */
function boxed(bytes, view) {
  const brand = ascii(bytes, 8, 12);
  const kind = brand.startsWith("avi") ? "AVIF" : "HEIC";
  if (!/^(avi|hei|hev|mif|msf)/.test(brand)) return null;
  let [width, height] = [undefined, undefined];
  for (let at = 0; at + 16 < bytes.length; at++) {
    if (ascii(bytes, at, at + 4) !== "ispe") continue;
    const [w, h] = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (width === undefined || w * h > width * height) [width, height] = [w, h];
  }
  return { kind, width, height };
}
