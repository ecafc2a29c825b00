// A saved picture says that a machine coloured it: an XMP packet with the IPTC digital source type,
// which viewers and archives read.

const SOURCE =
  "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
const PACKET =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""' +
  ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' +
  ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"' +
  ` Iptc4xmpExt:DigitalSourceType="${SOURCE}" xmp:CreatorTool="colorlib">` +
  '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Coloured by a machine (colorlib): the ' +
  "lightness is that of the photograph, the colours are a guess.</rdf:li></rdf:Alt></dc:description>" +
  '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/** The same PNG or JPEG with the mark in it. */
export async function marked(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const text = new TextEncoder().encode(PACKET);
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
