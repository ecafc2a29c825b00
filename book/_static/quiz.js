// Quizzes: what was chosen is answered at once, where it was chosen. Everything that is said stands in the page already.
document.querySelectorAll("form.quiz").forEach((form) => {
  const questions = form.querySelectorAll("fieldset");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    const question = target.closest("fieldset");
    const right = "right" in target.dataset;
    question.dataset.first ??= right ? "right" : "wrong";
    question.dataset.now = right ? "right" : "wrong";
    question.querySelector(".told").innerHTML = target.dataset.told;
    const done = [...questions].filter((one) => one.dataset.now === "right").length;
    if (done === questions.length) {
      const first = [...questions].filter((one) => one.dataset.first === "right").length;
      form.querySelector(".score").textContent = `All ${done}. At the first try: ${first}.`;
    }
  });
});
