// The list of pinned colours: each has a field to choose its colour in, and a button that ends it.

export class Pins {
  #list;
  #changed;
  #pins = [];

  /**
   * @param {HTMLElement} list where they are shown
   * @param {() => void} changed called after every change
   */
  constructor(list, changed) {
    [this.#list, this.#changed] = [list, changed];
  }

  /** All of them: x and y in parts of the sides, color as #rrggbb. */
  get all() {
    return this.#pins;
  }

  /** Pin a colour, and ask for another one. */
  add(pin) {
    this.#pins.push(pin);
    const row = document.createElement("li");
    const field = document.createElement("input");
    Object.assign(field, { type: "color", value: pin.color });
    const [x, y] = [pin.x, pin.y].map((part) => Math.round(100 * part));
    const place = `${x} % from the left, ${y} % from above`;
    field.setAttribute("aria-label", `Colour at ${place}`);
    field.addEventListener("change", () => {
      pin.color = field.value;
      this.#changed();
    });
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", textContent: "Remove" });
    remove.setAttribute("aria-label", `Remove the colour at ${place}`);
    remove.addEventListener("click", () => {
      this.#pins = this.#pins.filter((other) => other !== pin);
      row.remove();
      this.#changed();
    });
    row.append(field, remove);
    this.#list.append(row);
    this.#changed();
    field.focus();
    try {
      field.showPicker(); // the browser's own choice of colours, where it may be opened
    } catch {
      // It opens with a click on the field.
    }
  }

  /** Take all out, without a word. */
  clear() {
    this.#pins = [];
    this.#list.replaceChildren();
  }
}
