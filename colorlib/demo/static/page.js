// The page that colours: files in, results out, and everything that can be turned in between. What
// colours is an engine: a network in the browser, or colorlib behind `colorlib demo`.

import { marked } from "./mark.js";
import { Pins } from "./pins.js";
import { Stage } from "./stage.js";

const find = (id) => document.getElementById(id);

/**
 * Bring the page to life.
 *
 * @param {object} engine with `obstacle`, `defaults`, `open`, `colour` and `cancel`
 */
export function startPage(engine) {
  const root = find("colour");
  if (!root) return;
  if (engine.obstacle) {
    report(root, "failed", engine.obstacle);
    root.querySelectorAll("input, button").forEach((element) => (element.disabled = true));
    return;
  }
  new Page(root, engine);
}

/** Say something; `part` is how much of it is done. */
function report(root, state, text, part) {
  root.dataset.state = state;
  find("colour-status").textContent = text;
  const busy = state === "busy";
  find("colour-progress").hidden = find("colour-cancel").hidden = !busy;
  find("colour-again").hidden = true;
  if (part === undefined) find("colour-progress").removeAttribute("value");
  else find("colour-progress").value = part;
}

class Page {
  #root;
  #engine;
  #stage;
  #pins;
  #waiting = []; // files chosen together, for the button Next
  #file = null;
  #opened = null; // a promise of the open file
  #running = false;
  #again = false;
  #cancelled = false;

  constructor(root, engine) {
    [this.#root, this.#engine] = [root, engine];
    this.#pins = new Pins(find("colour-pins"), () => this.#pinsChanged());
    this.#stage = new Stage(find, (place) => this.#pinAt(place));
    this.#listenForFiles();
    this.#listenToDials();
    this.#say("ready", "");
    // A reader may have chosen a file before this script ran.
    if (find("photo").files.length > 0) find("photo").dispatchEvent(new Event("change"));
  }

  #say(state, text, part) {
    report(this.#root, state, text, part);
  }

  #listenForFiles() {
    const take = (files) => files.length > 0 && this.#take([...files]);
    find("photo").addEventListener("change", (event) => {
      take(event.target.files);
      event.target.value = ""; // so that the same file may be chosen again
    });
    this.#root.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.#root.toggleAttribute("data-over", true);
    });
    for (const name of ["dragleave", "drop"]) {
      this.#root.addEventListener(name, () => this.#root.toggleAttribute("data-over", false));
    }
    this.#root.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files);
    });
    document.addEventListener("paste", (event) => take(event.clipboardData.files));
    this.#root.querySelectorAll("[data-sample]").forEach((button) => {
      button.addEventListener("click", () => this.#takeSample(button.dataset.sample));
    });
    find("colour-next").addEventListener("click", () => this.#next());
  }

  #listenToDials() {
    const { vividness, sizes } = this.#engine.defaults;
    find("colour-vividness").value = vividness ?? 0;
    find("colour-vividness").parentElement.hidden = vividness === null;
    sizes.forEach(({ says, of }, i) => find("colour-sizes").add(new Option(says, of, i === 0)));
    for (const name of ["strength", "vividness"]) {
      const [dial, says] = [find(`colour-${name}`), find(`colour-${name}-says`)];
      const show = () => (says.textContent = Number(dial.value).toFixed(2));
      dial.addEventListener("input", () => {
        show();
        this.#colour();
      });
      show();
    }
    find("colour-sizes").addEventListener("change", () => this.#colour());
    find("colour-cancel").addEventListener("click", () => this.#cancel());
    find("colour-again").addEventListener("click", () => this.#colour());
    find("save").addEventListener("click", () => this.#save("image/png", "png"));
    find("save-jpeg").addEventListener("click", () => this.#save("image/jpeg", "jpg"));
  }

  async #takeSample(name) {
    try {
      const answer = await fetch(`${this.#root.dataset.samples}${name}.jpg`);
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.#take([new File([await answer.blob()], `${name}.jpg`, { type: "image/jpeg" })]);
    } catch (error) {
      this.#say("failed", `The sample could not be fetched (${error.message}). Try again.`);
    }
  }

  #take(files) {
    [this.#file, ...this.#waiting] = files;
    if (this.#running) this.#engine.cancel();
    this.#opened = null;
    this.#pins.clear();
    this.#stage.mark([]);
    this.#colour();
  }

  #next() {
    if (this.#waiting.length > 0) this.#take(this.#waiting);
    else find("photo").click();
  }

  #pinAt(place) {
    if (this.#running || !this.#opened) return;
    this.#pins.add({ ...place, color: this.#stage.colourAt(place) });
  }

  #pinsChanged() {
    this.#stage.mark(this.#pins.all);
    if (this.#file) this.#colour();
  }

  #cancel() {
    this.#cancelled = true;
    this.#opened = null; // the engine forgets its picture
    this.#engine.cancel();
  }

  /** Colour as everything stands; of what is turned meanwhile, the last is done next. */
  async #colour() {
    this.#again = true;
    if (this.#running || !this.#file) return;
    this.#running = true;
    while (this.#again) {
      this.#again = this.#cancelled = false;
      const file = this.#file;
      try {
        await this.#once(file);
      } catch (error) {
        if (file === this.#file) this.#failed(error);
      }
    }
    this.#running = false;
  }

  async #once(file) {
    const started = performance.now();
    const say = (text, part) => this.#say("busy", text, part);
    if (!this.#opened) {
      say(`Reading ${file.name} …`);
      const opened = await this.#engine.open(file, say);
      if (file !== this.#file) return;
      this.#opened = opened;
      this.#stage.showGrey(opened);
      find("colour-work").hidden = false;
      find("colour-status").scrollIntoView({ block: "nearest" });
    }
    say("Colouring …");
    const result = await this.#engine.colour(this.#settings(), say);
    if (file !== this.#file) return;
    this.#stage.showResult(result);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const more = this.#waiting.length > 0 ? ` ${this.#waiting.length} more to come.` : "";
    const { width, height } = result;
    this.#say("done", `${file.name}: ${width} x ${height} pixels coloured in ${seconds} s.${more}`);
  }

  #failed(error) {
    if (!this.#opened) {
      find("colour-work").hidden = true;
      this.#stage.clear();
    }
    if (this.#cancelled) this.#say("ready", "Cancelled.");
    else this.#say("failed", error.message);
    find("colour-again").hidden = !(this.#cancelled || this.#opened);
  }

  #settings() {
    return {
      strength: Number(find("colour-strength").value),
      vividness: this.#hasDial() ? Number(find("colour-vividness").value) : null,
      sizes: find("colour-sizes").value.split(",").map(Number),
      points: this.#pins.all.map(({ x, y, color }) => {
        return { x, y, rgb: [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) };
      }),
    };
  }

  #hasDial() {
    return this.#engine.defaults.vividness !== null;
  }

  async #save(type, suffix) {
    try {
      const blob = await marked(await this.#stage.blob(type), this.#engine.defaults.mark);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${this.#file.name.replace(/\.[^.]*$/, "")}-coloured.${suffix}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      this.#say("failed", error.message);
    }
  }
}
