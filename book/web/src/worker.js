// The worker that colours: it holds one picture, its small view, and the last prediction.

import * as ort from "onnxruntime-web/wasm";

import { decoded } from "./decode.js";
import { paint } from "./enlarge.js";
import { fetched, forgetOthers } from "./fetched.js";
import { followPoints } from "./hints.js";
import { lightness, makeGrey } from "./lab.js";
import { networkSize, predict } from "./network.js";
import { shrink } from "./resize.js";

const SHOWN = 1600; // pixels of the longer side at which the grey picture is shown

let assets, base, session, picture, prediction;

const tasks = {
  start(task) {
    ({ assets, base } = task);
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    return [{}];
  },

  /** Decode a file; answer with its size and with a grey view of it. */
  async open({ file }) {
    picture = prediction = undefined;
    const { bitmap, ...whole } = await decoded(file);
    picture = whole;
    const scale = Math.min(1, SHOWN / Math.max(bitmap.width, bitmap.height));
    const scaled = (side) => Math.max(1, Math.round(side * scale));
    const [width, height] = [scaled(bitmap.width), scaled(bitmap.height)];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const before = context.getImageData(0, 0, width, height);
    makeGrey(before.data);
    const answer = { width: picture.width, height: picture.height, before };
    return [answer, [before.data.buffer]];
  },

  /** Colour the open picture; answer with its pixels. */
  async colour({ vividness, strength, sizes, points }, say) {
    session ??= await start(say);
    const asked = JSON.stringify([vividness, sizes]);
    if (prediction?.asked !== asked) {
      say("Looking at the picture …");
      const small = smallView(Math.max(...sizes));
      const ab = await predict(asking(vividness), small, sizes, assets.multiple);
      prediction = { asked, small, ab };
    }
    say("Colouring …");
    const strong = prediction.ab.map((plane) => plane.map((value) => value * strength));
    const ab = followPoints(prediction.small, strong, points);
    const data = paint(picture, prediction.small, ab);
    return [{ data, width: picture.width, height: picture.height }, [data.buffer]];
  },
};

async function start(say) {
  await forgetOthers([assets.runtime.file, assets.model.file], base);
  ort.env.wasm.wasmBinary = await fetched(assets.runtime, base, "runtime", say);
  const model = await fetched(assets.model, base, "model", say);
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  return ort.InferenceSession.create(new Uint8Array(model), options);
}

function smallView(size) {
  const [width, height] = networkSize(picture.width, picture.height, size);
  return { L: lightness(shrink(picture, width, height)), width, height };
}

/** A question to the network, at one position of the dial. */
function asking(vividness) {
  return async (given, batch, height, width) => {
    const L = new ort.Tensor("float32", given, [batch, 1, height, width]);
    const dial = new ort.Tensor("float32", [vividness], []);
    const { ab } = await session.run({ L, vividness: dial });
    return ab.data;
  };
}

self.onmessage = async ({ data: { id, what, ...task } }) => {
  const say = (text, part) => self.postMessage({ id, progress: { text, part } });
  try {
    const [answer, transfer = []] = await tasks[what](task, say);
    self.postMessage({ id, answer }, transfer);
  } catch (error) {
    self.postMessage({ id, error: sentence(error) });
  }
};

/** Memory is the one failure that comes from below with words of its own. */
function sentence(error) {
  const memory = error instanceof RangeError || /memory|allocat/i.test(error.message);
  if (!memory) return error.message;
  return "There is not enough memory for this picture. Close other pages, or make it smaller.";
}
