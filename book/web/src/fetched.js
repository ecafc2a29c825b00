// The runtime and the model: fetched at the first use, with their progress, and kept in the
// browser's cache under names that carry a hash.

const CACHE = "colorlib";

/**
 * Fetch a compressed file, or take it from the cache, and unpack it.
 *
 * @param {{file: string, bytes: number, planes: boolean}} asset name with its hash, and size packed
 * @param {string} base address of the folder
 * @param {string} what it is, for those who wait
 * @param {(text: string, part?: number) => void} say
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetched(asset, base, what, say) {
  const address = new URL(asset.file, base).href;
  const cache = await openCache();
  const kept = await cache?.match(address);
  let packed = kept && (await kept.blob());
  if (packed?.size !== asset.bytes) {
    packed = await download(address, asset.bytes, what, say);
    // Without room for it, it is fetched again next time.
    await cache?.put(address, new Response(packed)).catch(() => null);
  }
  say(`Starting the ${what} …`);
  const bytes = await unpacked(packed);
  return asset.planes ? woven(bytes) : bytes;
}

/** Remove what an earlier version of the page has left in the cache. */
export async function forgetOthers(files, base) {
  const cache = await openCache();
  const current = new Set(files.map((file) => new URL(file, base).href));
  for (const request of (await cache?.keys()) ?? []) {
    if (!current.has(request.url)) await cache.delete(request);
  }
}

/** There is no cache on an insecure page, or where it is forbidden; everything works without it. */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

async function download(address, size, what, say) {
  const failed = (why) =>
    new Error(`The ${what} could not be fetched (${why}). Look at your connection and try again.`);
  const megabytes = (bytes) => Math.round(bytes / 1e6);
  const chunks = [];
  let have = 0;
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    const reader = answer.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      have += next.value.length;
      const text = `Fetching the ${what}, ${megabytes(have)} of ${megabytes(size)} MB`;
      say(text, Math.min(1, have / size));
    }
  } catch (error) {
    throw failed(error.message);
  }
  if (have !== size) throw failed(`${have} of ${size} bytes came`);
  return new Blob(chunks);
}

async function unpacked(blob) {
  const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Put two halves of a file together: its even bytes came first, then its odd ones. */
export function woven(buffer) {
  const given = new Uint8Array(buffer);
  const result = new Uint8Array(given.length);
  const half = Math.ceil(given.length / 2);
  for (let i = 0; i < half; i++) result[2 * i] = given[i];
  for (let i = half; i < given.length; i++) result[2 * (i - half) + 1] = given[i];
  return result.buffer;
}
