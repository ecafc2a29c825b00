// A saved picture says that a machine coloured it: in an XMP packet, which viewers and archives
// read. What it says is written by colorlib.images.label.

/**
 * Put a mark into a picture.
 *
 * @param {Blob} blob a PNG or a JPEG
 * @param {string} packet of XMP
 * @returns {Promise<Blob>} the same picture with the mark in it
 */
export async function marked(blob, packet) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const text = new TextEncoder().encode(packet);
  const [at, piece] = blob.type === "image/png" ? [33, pngChunk(text)] : [2, jpegSegment(text)];
  return new Blob([bytes.subarray(0, at), piece, bytes.subarray(at)], { type: blob.type });
}

/** An iTXt chunk, which goes behind the header's. */
function pngChunk(text) {
  const keyword = new TextEncoder().encode("iTXtXML:com.adobe.xmp\0\0\0\0\0");
  const chunk = new Uint8Array(4 + keyword.length + text.length + 4);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, keyword.length - 4 + text.length);
  chunk.set(keyword, 4);
  chunk.set(text, 4 + keyword.length);
  view.setUint32(chunk.length - 4, crc(chunk.subarray(4, -4)));
  return chunk;
}

/** An APP1 segment, which goes behind the start of the image. */
function jpegSegment(text) {
  const name = new TextEncoder().encode("http://ns.adobe.com/xap/1.0/\0");
  const segment = new Uint8Array(4 + name.length + text.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, 0xffe1);
  view.setUint16(2, segment.length - 2);
  segment.set(name, 4);
  segment.set(text, 4 + name.length);
  return segment;
}

/** The check of a PNG chunk (ISO 3309), bit by bit. */
function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
