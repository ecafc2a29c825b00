// The picture on the page: grey and coloured under one handle, and pins put in with a click, a
// finger or the keyboard.

const STEP = 0.02; // of the picture's sides, by which an arrow key moves the cross
const DRAG = 4; // pixels from which on a press is a drag

export class Stage {
  #stage;
  #handle;
  #result;
  #before;
  #cross;
  #at = { x: 0.5, y: 0.5 };

  /**
   * @param {(name: string) => HTMLElement} find an element by its id
   * @param {(place: {x: number, y: number}) => void} pin called with a place, in parts of the sides
   */
  constructor(find, pin) {
    this.#stage = find("colour-stage");
    this.#handle = find("colour-handle");
    this.#result = find("result");
    this.#before = find("colour-before");
    this.#cross = this.#stage.querySelector(".colour-cross");
    this.#handle.addEventListener("input", () => this.#compare());
    this.#listenToPointers(pin);
    this.#listenToKeys(pin);
    this.#compare();
  }

  /** Show a grey view, and nothing in colour yet. */
  showGrey({ width, height, before }) {
    for (const [canvas, w, h] of [
      [this.#result, width, height],
      [this.#before, before.width, before.height],
    ]) {
      [canvas.width, canvas.height] = [w, h];
    }
    this.#before.getContext("2d").putImageData(before, 0, 0);
    this.#stage.style.setProperty("--at", "100%");
  }

  /** Show a result at its full size; the page scales it. */
  showResult({ data, width, height }) {
    const context = this.#result.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser has no room for it. Make the picture smaller.");
    context.putImageData(new ImageData(data, width, height), 0, 0);
    this.#compare();
  }

  /** The colour of the result at a place, as #rrggbb. */
  colourAt({ x, y }) {
    const { width, height } = this.#result;
    const column = Math.min(width - 1, Math.trunc(x * width));
    const row = Math.min(height - 1, Math.trunc(y * height));
    const pixel = this.#result.getContext("2d").getImageData(column, row, 1, 1).data;
    const digits = [...pixel.slice(0, 3)].map((value) => value.toString(16).padStart(2, "0"));
    return `#${digits.join("")}`;
  }

  /** The result as a file. */
  blob(type) {
    return new Promise((resolve, reject) => {
      const done = (blob) =>
        blob ? resolve(blob) : reject(new Error("This browser cannot write so large a picture."));
      this.#result.toBlob(done, type, 0.95);
    });
  }

  /** Free the memory of the picture. */
  clear() {
    for (const canvas of [this.#result, this.#before]) [canvas.width, canvas.height] = [0, 0];
  }

  /** Draw a mark for each pin. */
  mark(pins) {
    this.#stage.querySelectorAll(".colour-pin").forEach((old) => old.remove());
    for (const { x, y, color } of pins) {
      const mark = document.createElement("span");
      mark.className = "colour-pin";
      Object.assign(mark.style, { left: `${100 * x}%`, top: `${100 * y}%`, background: color });
      this.#stage.append(mark);
    }
  }

  #compare() {
    this.#stage.style.setProperty("--at", `${this.#handle.value}%`);
    this.#handle.setAttribute("aria-valuetext", `${this.#handle.value} per cent of the picture`);
  }

  #placeOf(event) {
    const box = this.#result.getBoundingClientRect();
    const inside = (value) => Math.min(1, Math.max(0, value));
    return {
      x: inside((event.clientX - box.left) / box.width),
      y: inside((event.clientY - box.top) / box.height),
    };
  }

  #listenToPointers(pin) {
    let start = null;
    let dragged = false;
    this.#stage.addEventListener("pointerdown", (event) => {
      [start, dragged] = [event.clientX, false];
      this.#stage.setPointerCapture(event.pointerId);
    });
    this.#stage.addEventListener("pointermove", (event) => {
      if (start === null || (!dragged && Math.abs(event.clientX - start) < DRAG)) return;
      dragged = true;
      this.#handle.value = Math.round(100 * this.#placeOf(event).x);
      this.#compare();
    });
    this.#stage.addEventListener("pointercancel", () => (start = null));
    this.#stage.addEventListener("pointerup", () => (start = null));
    this.#stage.addEventListener("click", (event) => {
      if (!dragged) pin(this.#placeOf(event));
    });
  }

  #listenToKeys(pin) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.#stage.addEventListener("keydown", (event) => {
      if (event.key in moves) {
        const [right, down] = moves[event.key];
        const inside = (value) => Math.min(1, Math.max(0, value));
        const { x, y } = this.#at;
        this.#at = { x: inside(x + right * STEP), y: inside(y + down * STEP) };
        this.#cross.hidden = false;
        Object.assign(this.#cross.style, {
          left: `${100 * this.#at.x}%`,
          top: `${100 * this.#at.y}%`,
        });
      } else if (event.key === "Enter" || event.key === " ") pin(this.#at);
      else return;
      event.preventDefault();
    });
    this.#stage.addEventListener("blur", () => (this.#cross.hidden = true));
  }
}
