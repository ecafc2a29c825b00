// What a reader would see on this page, with every solution unfolded: run by test_book.py in a browser.
async () => {
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  document.querySelectorAll('.toggle-hidden').forEach(e => { e.classList.remove('toggle-hidden'); });
  if (window.MathJax && MathJax.startup) { await MathJax.startup.promise; }
  const images = [...document.querySelectorAll('img')];
  images.forEach(i => { i.loading = 'eager'; });
  await Promise.all(images.map(i => i.decode().catch(() => null)));

  const all = selector => [...document.querySelectorAll(selector)];
  const inside = images.filter(i => i.closest('.bd-article'));
  const right = e => e.getBoundingClientRect().right;
  const small = e => { const b = e.getBoundingClientRect(); return b.width < 20 || b.height < 20; };
  const changed = e => { const s = getComputedStyle(e); return s.filter !== 'none' || s.opacity !== '1'; };
  const scrolls = e => e.closest('pre, table, .math, .cell_output .text_html, .pst-scrollable-table-container');
  const source = i => i.getAttribute('src');
  const rgba = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    return colour[3] === 0 && e.parentElement ? ground(e.parentElement) : colour;
  };
  const contrast = e => {
    const [dim, bright] = [rgba(getComputedStyle(e).color), ground(e)].map(light).sort((a, b) => a - b);
    return (bright + 0.05) / (dim + 0.05);
  };
  return {
    missing: images.filter(i => i.naturalWidth === 0).map(source),
    wordless: images.filter(i => !(i.alt || '').trim()).map(source),
    hidden: inside.filter(small).map(source),
    filtered: inside.filter(changed).map(source),
    outside: inside.filter(i => right(i) > innerWidth + 1 && !scrolls(i)).map(source),
    formulas: all('.math').filter(m => !m.querySelector('mjx-container')).map(m => m.textContent),
    wrong: all('mjx-merror').map(m => m.textContent),
    faint: all('.cell_output :is(label, p, figcaption)').filter(e => contrast(e) < 4.5).map(e => e.textContent),
    overflow: document.documentElement.scrollWidth - innerWidth,
    wide: all('.bd-article *').filter(e => right(e) > innerWidth + 1 && !scrolls(e)).map(e => e.outerHTML.slice(0, 120)),
    letters: Math.min(...all('.bd-article p').map(p => parseFloat(getComputedStyle(p).fontSize))),
  };
}
