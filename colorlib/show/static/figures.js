// Figures that answer to the hand, without a kernel and without a network: one of many computed frames (turn), and two
// pictures under one handle (compare). Each figure brings this text along, which starts every figure not yet started.
(() => {
  // Tell where a picture is pressed or dragged, in parts of its width and height; a mouse may also just pass over it.
  const point = (picture, passing, move) => {
    const at = event => {
      if (!event.buttons && !(passing && event.pointerType === 'mouse')) return;
      const box = picture.getBoundingClientRect();
      move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    };
    picture.addEventListener('pointerdown', event => { picture.setPointerCapture(event.pointerId); at(event); });
    picture.addEventListener('pointermove', at);
  };

  const compare = figure => {
    const input = figure.querySelector('input');
    const show = () => {
      figure.style.setProperty('--at', `${input.value}%`);
      input.setAttribute('aria-valuetext', `${input.value} per cent ${input.dataset.left}`);
    };
    input.addEventListener('input', show);
    point(figure.querySelector('.picture'), false, x => { input.value = Math.round(100 * x); show(); });
  };

  const turn = figure => {
    const { words, labels, names, frames, states, digits } =
      JSON.parse(figure.querySelector('[type="application/json"]').textContent);
    const inputs = [...figure.querySelectorAll('input')];
    const image = figure.querySelector('img');
    const marks = [...figure.querySelectorAll('.outline-mark')];
    const rows = [...figure.querySelectorAll('.number')];
    const low = rows.map((_, k) => Math.min(...states.map(state => state.numbers[k])));
    const high = rows.map((_, k) => Math.max(...states.map(state => state.numbers[k])));
    const counts = names.map(list => list.length);
    // The courses of the numbers run along the slider that was moved last, at first along the longest.
    let active = counts.indexOf(Math.max(...counts));

    const here = () => inputs.map(input => Number(input.value));
    const state = at => states[at.reduce((sum, place, i) => sum * counts[i] + place, 0)];
    const along = (at, place) => state(at.map((other, i) => (i === active ? place : other)));

    const draw = (row, k, at) => { // 100 x 30, with a margin of 4
      const x = place => 4 + 92 * place / Math.max(1, counts[active] - 1);
      const y = value => 26 - 22 * (value - low[k]) / (high[k] - low[k] || 1);
      const value = state(at).numbers[k];
      row.querySelector('b').textContent = value.toFixed(digits[k]);
      row.querySelector('polyline').setAttribute('points',
        names[active].map((_, place) => `${x(place)},${y(along(at, place).numbers[k])}`).join(' '));
      const dot = row.querySelector('circle');
      dot.setAttribute('cx', x(at[active]));
      dot.setAttribute('cy', y(value));
    };

    const show = () => {
      const at = here();
      const { frame, boxes } = state(at);
      if (image.getAttribute('src') !== frames[frame]) image.src = frames[frame];
      image.alt = `${words}: ${labels.map((label, i) => `${label} ${names[i][at[i]]}`).join(', ')}`;
      inputs.forEach((input, i) => {
        input.setAttribute('aria-valuetext', names[i][at[i]]);
        input.previousElementSibling.textContent = names[i][at[i]];
      });
      marks.forEach((mark, i) => ['left', 'top', 'width', 'height'].forEach((side, j) => {
        mark.style[side] = `${100 * boxes[i][j]}%`;
      }));
      rows.forEach((row, k) => draw(row, k, at));
      if (rows.length) figure.querySelector('.course').textContent = `Each line runs over: ${labels[active]}.`;
    };

    // With marks, the place whose mark has its middle nearest to the pointer; without, the first slider follows it.
    const place = index => names.map((_, i) =>
      Math.floor(index / counts.slice(i + 1).reduce((size, count) => size * count, 1)) % counts[i]);
    const pointed = (x, y) => {
      if (!marks.length) {
        const last = counts[0] - 1;
        return here().map((other, i) => (i ? other : Math.min(last, Math.max(0, Math.round(x * last)))));
      }
      const at = here();
      const ratio = image.clientHeight / image.clientWidth;
      let best = at, least = Infinity;
      states.forEach(({ boxes }, index) => {
        const near = Math.min(...boxes.map(([left, top]) => Math.hypot(left - x, (top - y) * ratio)));
        if (near > least + 1e-6) return;
        const changes = place(index).filter((other, i) => other !== at[i]).length;
        const fewer = changes < best.filter((other, i) => other !== at[i]).length;
        if (near < least - 1e-6 || fewer) [best, least] = [place(index), Math.min(near, least)];
      });
      return best;
    };
    point(figure.querySelector('.picture'), marks.length > 0, (x, y) => {
      const moved = pointed(x, y).map((value, i) => [value, i]).filter(([value, i]) => value !== here()[i]);
      if (!moved.length) return;
      moved.forEach(([value, i]) => { inputs[i].value = value; active = i; });
      show();
    });
    inputs.forEach((input, i) => input.addEventListener('input', () => { active = i; show(); }));
    show();
  };

  for (const [name, start] of Object.entries({ compare, turn })) {
    document.querySelectorAll(`.colorlib-${name}:not([data-ready])`).forEach(figure => {
      figure.setAttribute('data-ready', '');
      start(figure);
    });
  }
})();
