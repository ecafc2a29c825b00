// Starts the page of `colorlib demo`: colorlib, behind the server that sent the page, colours.

import { startPage } from "./page.js";

const ANSWER = "The server of colorlib demo does not answer. Start it again, then reload the page.";

class ServerEngine {
  obstacle = null;
  #picture;
  #running = new AbortController();

  constructor(defaults) {
    this.defaults = defaults;
  }

  async open(file) {
    const name = encodeURIComponent(file.name);
    const answer = await this.#ask(`open?name=${name}`, { method: "POST", body: file });
    const { picture, width, height } = await answer.json();
    this.#picture = picture;
    return { width, height, before: await this.#pixels(await this.#ask(`before/${picture}`)) };
  }

  async colour(settings, say) {
    say("Colouring …");
    const body = JSON.stringify(settings);
    const { data, width, height } = await this.#pixels(
      await this.#ask(`colour/${this.#picture}`, { method: "POST", body }),
    );
    return { data, width, height };
  }

  cancel() {
    this.#running.abort();
    this.#running = new AbortController();
  }

  async #ask(path, options) {
    const { signal } = this.#running;
    const answer = await fetch(path, { signal, ...options }).catch((error) => {
      throw new Error(error.name === "AbortError" ? "Cancelled." : ANSWER);
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
    return answer;
  }

  async #pixels(answer) {
    const bitmap = await createImageBitmap(await answer.blob());
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return context.getImageData(0, 0, width, height);
  }
}

const answer = await fetch("defaults");
startPage(new ServerEngine(await answer.json()));
