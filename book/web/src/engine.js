// The page's half of the worker: questions go in, answers and progress come out, and all of it can
// be stopped.

export class WorkerEngine {
  #assets;
  #base;
  #worker;
  #open = new Map();
  #count = 0;

  /**
   * @param {object} assets names, sizes and settings that the build wrote
   * @param {string} base address of the folder in which they lie
   */
  constructor(assets, base) {
    this.#assets = assets;
    this.#base = base;
  }

  /** What the dial and the sizes are set to at first. */
  get defaults() {
    return this.#assets.defaults;
  }

  /** Why nothing can be coloured here, or null. */
  get obstacle() {
    if (location.protocol === "file:") {
      return (
        "This page was opened as a file, and browsers let such a page load no network. Open it " +
        "on its web site, or type make serve and open the address that it prints."
      );
    }
    const needed = ["WebAssembly", "Worker", "OffscreenCanvas", "DecompressionStream"];
    const missing = needed.filter((name) => !(name in globalThis));
    if (missing.length === 0) return null;
    return `This browser lacks ${missing.join(", ")}. Take a newer one: Firefox, Chrome, Safari.`;
  }

  /** Decode a file: {width, height, before}, the last an ImageData in grey. */
  open(file, say) {
    return this.#ask("open", { file }, say);
  }

  /** Colour the open file as `settings` say: {data, width, height}. */
  colour(settings, say) {
    return this.#ask("colour", settings, say);
  }

  /** Stop whatever runs; the file must be opened again. */
  cancel() {
    this.#worker?.then((worker) => worker.terminate());
    this.#worker = undefined;
    this.#open.forEach(({ reject }) => reject(new Error("Cancelled.")));
    this.#open.clear();
  }

  async #ask(what, task, say = () => null) {
    const starting = (this.#worker ??= this.#start());
    const worker = await starting;
    if (this.#worker !== starting) throw new Error("Cancelled.");
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject, say });
      worker.postMessage({ id, what, ...task });
    });
  }

  /** As a blob, the worker is under the Content-Security-Policy of the page. */
  async #start() {
    const answer = await fetch(new URL(this.#assets.worker, this.#base));
    if (!answer.ok) throw new Error(`The page is incomplete (${answer.status}). Reload it.`);
    const script = new Blob([await answer.text()], { type: "text/javascript" });
    const address = URL.createObjectURL(script);
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => this.#answered(data);
    worker.onerror = (event) => {
      event.preventDefault();
      const why = event.message;
      const error = new Error(`The part that colours broke off (${why}). Reload the page.`);
      this.#open.forEach(({ reject }) => reject(error));
      this.#open.clear();
      this.#worker = undefined;
    };
    worker.postMessage({ id: 0, what: "start", assets: this.#assets, base: this.#base });
    return worker;
  }

  #answered({ id, progress, answer, error }) {
    const open = this.#open.get(id);
    if (!open) return;
    if (progress) {
      open.say(progress.text, progress.part);
      return;
    }
    this.#open.delete(id);
    if (error) open.reject(new Error(error));
    else open.resolve(answer);
  }
}
