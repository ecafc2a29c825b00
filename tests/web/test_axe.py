"""Every page for everybody: axe finds nothing serious or critical, in light and dark, on a desk and on a phone.

And every page is light: what it loads before anybody scrolls, packed as web hosts pack it.
"""

import gzip
from importlib import import_module
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]), "search"]
LIGHT_ENOUGH = 1.5e6  # bytes
AXE = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)}`))"""


@pytest.fixture(scope="session")
def axe(built):
    """The script of axe-core."""
    return (import_module("web").installed() / "axe-core" / "axe.min.js").read_text("utf8")


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious(site, browser, axe, page):
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_init_script("localStorage.setItem('mode', 'light'); localStorage.setItem('theme', 'light');")
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(f"{site}/{page}.html", wait_until="networkidle")
        tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        tab.evaluate(axe)
        for theme in ("light", "dark"):
            tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            tab.wait_for_timeout(300)  # colours fade over
            if found := tab.evaluate(AXE):
                tab.wait_for_timeout(2000)  # on a busy machine they still do
                found = tab.evaluate(AXE)
            assert found == [], f"{theme}, {width} px"
        context.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(site, browser, page):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    answers = []
    tab.on("response", lambda answer: answers.append(answer))
    tab.goto(f"{site}/{page}.html", wait_until="networkidle", timeout=60_000)
    loaded = {answer.url: answer.body() for answer in answers if answer.url.startswith(site) and answer.status == 200}
    weights = {url.removeprefix(site): len(gzip.compress(body)) for url, body in loaded.items()}
    context.close()
    assert sum(weights.values()) < LIGHT_ENOUGH, sorted(weights.items(), key=lambda item: -item[1])[:5]


def test_axe_finds_what_is_wrong(browser, axe):
    tab = browser.new_page()
    tab.set_content("<html lang='en'><title>Page</title><main><img src='data:,'><p style='color:#ccc'>faint</p></main>")
    tab.evaluate(axe)
    found = "\n".join(tab.evaluate(AXE))
    tab.close()
    assert "image-alt" in found
    assert "color-contrast" in found


def test_the_front_page_colours_a_sample(site, browser):
    context = browser.new_context()
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    refused = []
    tab.on("console", lambda message: message.type == "error" and refused.append(message.text))
    tab.goto(f"{site}/book/index.html")
    tab.click("[data-sample=china]")
    tab.wait_for_selector("#colour:is([data-state=done], [data-state=failed])")
    assert "640 x 427 pixels coloured" in tab.inner_text("#colour-status")
    assert not refused
    context.close()
