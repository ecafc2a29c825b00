"use strict";
// The pages of a study. Everything that is answered goes into localStorage at once, so that a reload, a
// closed tab or a dead battery loses nothing; what is answered there is never asked again.
(() => {
  const STUDY = window.STUDY, SERVER = window.STUDY_SERVER;
  const STORED = `colorlib-study-${STUDY.id}`;
  const TOO_FAST = 250; // milliseconds: the second click of a double click, not an answer
  const PATIENCE = 20000; // milliseconds until a server that says nothing counts as out of reach

  let memory = null; // what was done, in a browser that stores nothing
  let forgetful = false; // whether this is such a browser: storage is forbidden, or full
  let who = null; // the participant of this page

  /** What this participant has done so far; null before the consent. */
  function load() {
    try {
      if (!forgetful) return JSON.parse(localStorage.getItem(STORED));
    } catch {
      forgetful = true;
    }
    return memory;
  }

  function save(state) {
    memory = state;
    try { localStorage.setItem(STORED, JSON.stringify(state)); } catch { forgetful = true; }
  }

  /** What was done so far, and nothing of a participant who began in another tab meanwhile. */
  function mine() {
    const state = load();
    if (state?.participant !== who) {
      location.reload();
      throw new Error("somebody else takes part in another tab");
    }
    return state;
  }

  function begin() {
    if (load()) return; // agreed in another tab
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const participant = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const slot = SERVER?.slot ?? crypto.getRandomValues(new Uint32Array(1))[0] % STUDY.slots.length;
    save({ participant, slot, answers: {}, shown: {}, result: null, arrived: false });
  }

  /** Add one answer, unless another tab was first. */
  function record(trial, answer) {
    const state = mine();
    state.answers[trial] ??= { trial, ...answer };
    save(state);
  }

  /** Call `action` when a button is clicked, but not by the second click of a double click elsewhere. */
  function onClick(button, action) {
    const since = performance.now();
    button.addEventListener("click", () => {
      if (performance.now() - since >= TOO_FAST) action();
    });
  }

  /** Does somebody work here? A frame in another page must not take the focus from it, nor make it jump. */
  function worked() {
    return window.top === window || document.hasFocus();
  }

  /** Show a template; call `done` once, when its main button is clicked. */
  function show(display, id, done) {
    display.replaceChildren(document.getElementById(id).content.cloneNode(true));
    const main = display.querySelector(".main");
    if (main) {
      onClick(main, () => { main.disabled = true; done(); });
      if (worked()) main.focus({ preventScroll: true });  // so that Enter clicks it
    }
  }

  // Enter clicks the main button also when a click elsewhere has taken the focus from it.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.repeat && !document.activeElement?.matches("button")) {
      document.querySelector("#study .main")?.click();
    }
  });

  /** A jsPsych plugin: a text with a button. */
  class TextPage {
    static info = { name: "text-page", version: "1.0.0", parameters: { page: {} }, data: {} };
    constructor(jsPsych) { this.jsPsych = jsPsych; }
    trial(display, trial) {
      show(display, trial.page, () => this.jsPsych.finishTrial({}));
    }
  }

  const pictures = new Map(); // file -> an image that is loaded and decoded

  async function fetchPicture(file) {
    for (let attempt = 0; attempt < 2; attempt++) {
      const image = new Image();
      image.src = STUDY.inline?.[file] ?? `pictures/${file}`;
      try {
        await image.decode();
        pictures.set(file, image);
        return;
      } catch { /* once more, then the trials that need it are left out */ }
    }
  }

  /** A jsPsych plugin: load and decode every picture that is still to come. */
  class LoadPictures {
    static info = { name: "load-pictures", version: "1.0.0", parameters: {}, data: {} };
    constructor(jsPsych) { this.jsPsych = jsPsych; }
    trial(display) { this.fetchAll(display); } // returns no promise: jsPsych would end the trial with it
    async fetchAll(display) {
      const state = mine();
      const ahead = STUDY.slots[state.slot].filter((_, number) => !(number in state.answers));
      const files = [...new Set(ahead.flatMap(([, places]) => places.map((place) => STUDY.pictures[place])))];
      show(display, "loading");
      const bar = display.querySelector("progress");
      bar.max = files.length || 1;
      const queue = [...files];
      const worker = async () => {
        for (let file = queue.pop(); file; file = queue.pop()) {
          await fetchPicture(file);
          bar.value = files.length - queue.length;
        }
      };
      await Promise.all(Array.from({ length: 6 }, worker));
      if (files.length && !files.some((file) => pictures.has(file))) {
        show(display, "unloadable", () => this.fetchAll(display));
      } else {
        this.jsPsych.finishTrial({});
      }
    }
  }

  /** A jsPsych plugin: one picture or two, for a while or until the answer, by button or key. */
  class PictureTrial {
    static info = { name: "picture-trial", version: "1.0.0", parameters: { number: {}, places: {} }, data: {} };
    constructor(jsPsych) { this.jsPsych = jsPsych; }
    trial(display, { number, places }) {
      const images = places.map((place) => pictures.get(STUDY.pictures[place]));
      if (images.some((image) => !image)) {
        record(number, { left_out: true });
        this.jsPsych.finishTrial({});
        return;
      }
      const state = mine();
      state.shown[number] = (state.shown[number] ?? 0) + 1; // a reload shows a timed picture again
      save(state);

      show(display, "trial");
      const figures = images.map((image, place) => {
        image.alt = images.length === 1 ? "Photograph" : ["First photograph", "Second photograph"][place];
        image.draggable = false;
        const figure = document.createElement("figure");
        figure.append(image);
        if (images.length > 1) {
          const caption = document.createElement("figcaption");
          caption.textContent = String(place + 1);
          figure.append(caption);
        }
        return figure;
      });
      display.querySelector(".pictures").append(...figures);
      const total = STUDY.slots[state.slot].length;
      const bar = display.querySelector("progress");
      [bar.max, bar.value] = [total, number];
      display.querySelector(".progress span").textContent = `${number + 1} of ${total}`;

      const buttons = [...display.querySelectorAll("[data-answer]")];
      const since = performance.now();
      let hide = 0;
      if (STUDY.seconds) {
        hide = setTimeout(() => figures.forEach((figure) => figure.classList.add("gone")), STUDY.seconds * 1000);
      }
      const answer = (value) => {
        const ms = Math.round(performance.now() - since);
        if (ms < TOO_FAST) return;
        clearTimeout(hide);
        document.removeEventListener("keydown", key);
        buttons.forEach((button) => { button.disabled = true; });
        record(number, { answer: value, ms, shown: mine().shown[number] });
        this.jsPsych.finishTrial({});
      };
      const key = (event) => {
        if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
        const button = buttons.find((one) => one.dataset.key === event.key);
        if (button) answer(button.dataset.answer);
      };
      document.addEventListener("keydown", key);
      buttons.forEach((button) => button.addEventListener("click", () => answer(button.dataset.answer)));
    }
  }

  /** The one JSON text of this participant, made once. */
  function result() {
    const state = mine();
    if (!state.result) {
      const answers = Object.values(state.answers);
      state.result = JSON.stringify({ study: STUDY.id, participant: state.participant, slot: state.slot, answers });
      save(state);
    }
    return state.result;
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([result()], { type: "application/json" }));
    link.download = `study-${STUDY.id}-${who}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  async function send() {
    const options = { method: "POST", body: result(), headers: { "Content-Type": "application/json" } };
    let reply;
    try {
      reply = await fetch(SERVER.answers, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      throw new Error("the server cannot be reached");
    }
    const said = await reply.json().catch(() => ({}));
    if (!reply.ok || said.stored !== who) {
      throw new Error(said.error ?? `the server answered ${reply.status}`);
    }
  }

  function thanks(display) {
    show(display, "thanks");
    display.querySelector(".how").textContent = SERVER
      ? "Your answers have arrived. You may close this page."
      : "Give the file with your answers to whoever asked you to take part. You may close this page.";
    onClick(display.querySelector(".save"), download);
    onClick(display.querySelector(".another"), restart);
  }

  function restart() {
    try { localStorage.removeItem(STORED); } catch { /* there was none */ }
    memory = null;
    run();
  }

  /** Hand the answers over and say thank you; again and again, until they have arrived. */
  async function finish(display) {
    if (window.OWN_RESULT) return window.OWN_RESULT(display, STUDY, mine(), restart); // nobody collects the answers
    if (mine().arrived) return thanks(display);
    if (!SERVER) {
      show(display, "save", () => {
        download();
        save({ ...mine(), arrived: true });
        thanks(display);
      });
      return;
    }
    show(display, "sending");
    try {
      await send();
    } catch (error) {
      const again = () => {
        window.removeEventListener("online", again);
        finish(display);
      };
      show(display, "unsent", again);
      display.querySelector(".reason").textContent = error.message;
      onClick(display.querySelector(".save"), download);
      window.addEventListener("online", again);
      return;
    }
    save({ ...mine(), arrived: true });
    thanks(display);
  }

  const unanswered = (number) => !(number in mine().answers);

  /** Everything after the consent, as far as it is not done. */
  function trials() {
    const slot = STUDY.slots[mine().slot];
    const parts = [{ type: LoadPictures }, { type: TextPage, page: "how" }];
    slot.forEach(([practice, places], number) => {
      const first = number > 0 && !practice && slot[number - 1][0];
      const timeline = [{ type: PictureTrial, number, places }];
      if (first) timeline.unshift({ type: TextPage, page: "earnest" });
      parts.push({ timeline, conditional_function: () => unanswered(number) });
    });
    return parts;
  }

  async function run() {
    const main = document.getElementById("study");
    main.replaceChildren();
    // jsPsych puts the focus there at the start of each trial.
    main.focus = () => { if (worked()) HTMLElement.prototype.focus.call(main, { preventScroll: window.top !== window }); };
    const stage = async (timeline) => {
      const jsPsych = initJsPsych({ display_element: main });
      await jsPsych.run(timeline);
      main.replaceChildren();
    };
    if (!load()) await stage([{ type: TextPage, page: "consent", on_finish: begin }]);
    who = load().participant;
    if (STUDY.slots[mine().slot].some((_, number) => unanswered(number))) await stage(trials());
    await finish(main);
  }

  run();
})();
