// Joins pages of the book into the one that is shown, in order, with links among them that stay inside.
async ({ title, parts }) => {
  const slug = (path) => path.replace(/\W+/g, "-");
  const paths = parts.flatMap((part) => part.pages);
  const places = new Map(paths.map((path) => [`/${path}.html`, slug(path)]));

  const inside = (url) => {
    const place = url.origin === location.origin && places.get(url.pathname);
    return place && `#${place}${url.hash.length > 1 ? `--${decodeURIComponent(url.hash.slice(1))}` : ""}`;
  };

  const load = async (path) => {
    const address = new URL(`/${path}.html`, location.origin);
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${path}.html is not among the pages: make book`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = page.querySelector("article.bd-article");
    for (const one of article.querySelectorAll("script, a.headerlink, .toggle-button")) one.remove();
    for (const one of article.querySelectorAll("[id]")) if (!one.closest("svg")) one.id = `${slug(path)}--${one.id}`;
    for (const one of article.querySelectorAll("[src]")) {
      one.setAttribute("src", new URL(one.getAttribute("src"), address).href);
      one.removeAttribute("loading");
    }
    for (const link of article.querySelectorAll("a[href]")) {
      const url = new URL(link.getAttribute("href"), address);
      const here = inside(url);
      if (here) link.setAttribute("href", here);
      else if (url.origin === location.origin) link.removeAttribute("href"); // a file beside the pages
      else link.setAttribute("href", url.href);
    }
    const name = article.querySelector("h1").textContent.trim();
    const section = document.createElement("section");
    section.id = slug(path);
    section.className = "pdf-page";
    section.append(...article.childNodes);
    return [section, name];
  };

  const contents = document.createElement("section");
  contents.innerHTML = "<h1></h1><h2>Contents</h2>";
  contents.firstChild.textContent = title;
  const sections = [contents];
  for (const { caption, pages } of parts) {
    const list = document.createElement("ul");
    for (const path of pages) {
      const [section, name] = await load(path);
      const item = list.appendChild(document.createElement("li")).appendChild(document.createElement("a"));
      item.href = `#${section.id}`;
      item.textContent = name;
      sections.push(section);
    }
    contents.append(Object.assign(document.createElement("h3"), { textContent: caption }), list);
  }
  const style = document.createElement("style");
  style.textContent = ".pdf-page { break-before: page; } .pdf-page img { max-width: 100%; }";
  document.head.append(style);
  const whole = document.createElement("article");
  whole.className = "bd-article";
  whole.append(...sections);
  document.body.replaceChildren(whole);
  await window.MathJax?.startup?.promise;
  await window.MathJax?.typesetPromise?.([whole]);
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
}
