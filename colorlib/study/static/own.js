"use strict";
// The end of a study that a person holds for themselves: how often they were fooled, and how sure that is.
window.OWN_RESULT = (display, study, state, restart) => {
  const Z = 1.959964; // of a 95 % interval

  /** Wilson's interval of k of n, as text. */
  const told = (k, n) => {
    if (!n) return "none was shown";
    const middle = (k / n + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
    const reach = (Z / (1 + Z ** 2 / n)) * Math.sqrt((k / n) * (1 - k / n) / n + Z ** 2 / (4 * n * n));
    const percent = (share) => Math.round(100 * Math.min(1, Math.max(0, share)));
    return `${k} of ${n}, ${percent(k / n)} % (95 % interval: ${percent(middle - reach)} to ${percent(middle + reach)} %)`;
  };

  const slot = study.slots[state.slot];
  const seen = Object.values(state.answers)
    .filter((one) => !one.left_out && !slot[one.trial][0])
    .map((one) => ({ place: slot[one.trial][1][0], real: one.answer === "real" }));
  const coloured = seen.filter((one) => study.own[one.place] === 0);
  const originals = seen.filter((one) => study.own[one.place] === 1);
  const fooled = coloured.filter((one) => one.real);
  display.replaceChildren(document.getElementById("own").content.cloneNode(true));
  display.querySelector(".another").addEventListener("click", restart);
  display.querySelector(".fooled").textContent = told(fooled.length, coloured.length);
  display.querySelector(".missed").textContent =
    told(originals.filter((one) => !one.real).length, originals.length);
  const gallery = display.querySelector(".gallery");
  for (const { place } of fooled) {
    const image = new Image();
    image.src = study.inline[study.pictures[place]];
    image.alt = "A coloured photograph that you took for one in its own colours";
    gallery.append(image);
  }
  display.querySelector(".shown").hidden = !fooled.length;
};
