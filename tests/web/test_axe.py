"""Every page for everybody: axe finds nothing serious or critical, in light and dark, on a desk and on a phone.

And every page is light: what it loads before anybody scrolls, packed as web hosts pack it.
"""

import gzip
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]), "search"]
LIGHT_ENOUGH = 1.5e6  # bytes
AXE = """async rules => (await axe.run(document, {
        resultTypes: ['violations'], ...(rules && { runOnly: rules }) })).violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)}`))"""
# Colours fade over when the theme changes; nothing is to be found half-way.
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"

COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that another theme can break
# What a phone alone shows, the theme's own menus, is alike on every page: these two stand for all in the dark.
DARK_PHONE = ("book/index", "notebooks/13_films")

# A third of a second after a change of size the theme gives code that now scrolls a tab stop.
SETTLED = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 500)))"


@pytest.fixture(scope="session")
def axe(built):
    """The script of axe-core."""
    return (import_module("web").installed() / "axe-core" / "axe.min.js").read_text("utf8")


@pytest.fixture(scope="module", params=PAGES)
def visit(request, site, browser):
    """A page, its tab at a first visit, and the packed bytes of all that was loaded."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script("localStorage.setItem('mode', 'light'); localStorage.setItem('theme', 'light');")
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    answers = []
    tab.on("response", lambda answer: answers.append(answer))
    tab.goto(f"{site}/{request.param}.html", wait_until="networkidle")
    loaded = {answer.url: answer.body() for answer in answers if answer.url.startswith(site) and answer.status == 200}
    weights = {url.removeprefix(site): len(gzip.compress(body)) for url, body in loaded.items()}
    yield SimpleNamespace(page=request.param, tab=tab, weights=weights)
    context.close()


def test_a_page_is_light(visit):
    assert sum(visit.weights.values()) < LIGHT_ENOUGH, sorted(visit.weights.items(), key=lambda item: -item[1])[:5]


def test_axe_finds_nothing_serious(visit, axe):
    tab = visit.tab
    tab.add_style_tag(content=STILL)
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    tab.evaluate(axe)
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.evaluate(SETTLED)
        assert tab.evaluate(AXE) == [], f"light, {width} px"
        if width == 1280 or visit.page in DARK_PHONE:
            tab.evaluate("document.documentElement.dataset.theme = 'dark'")
            assert tab.evaluate(AXE, COLOURS) == [], f"dark, {width} px"
            tab.evaluate("document.documentElement.dataset.theme = 'light'")


def test_axe_finds_what_is_wrong(browser, axe):
    tab = browser.new_page()
    tab.set_content("<html lang='en'><title>Page</title><main><img src='data:,'><p style='color:#ccc'>faint</p></main>")
    tab.evaluate(axe)
    found, in_colours = ("\n".join(tab.evaluate(AXE, rules)) for rules in (None, COLOURS))
    tab.close()
    assert "image-alt" in found
    assert "color-contrast" in found
    assert "color-contrast" in in_colours


@pytest.mark.parametrize("page", ["notebooks/10_scribbles", "notebooks/15_classification_and_rebalancing"])
def test_what_is_wider_than_a_phone_scrolls_by_keyboard_and_shows_its_ring(site, browser, page):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(f"{site}/{page}.html", wait_until="load")
    tab.wait_for_selector("mjx-container")
    tab.wait_for_function("document.querySelector('.bd-article pre').hasAttribute('tabindex')")
    scrolls = "e => e.scrollWidth > e.clientWidth + 8 && /auto|scroll/.test(getComputedStyle(e).overflowX)"
    boxes = tab.query_selector_all(".bd-article :is(pre, div.math, .cell_output > .output)")
    wide = [box for box in boxes if box.is_visible() and box.evaluate(scrolls)]
    assert wide
    for one in wide:
        aim = one if one.get_attribute("tabindex") == "0" else one.query_selector("[tabindex='0']")
        tab.keyboard.press("Shift")  # so that the focus counts as one of the keyboard
        aim.focus()
        assert aim.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        assert aim.evaluate("e => parseFloat(getComputedStyle(e).outlineOffset)") < 0
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function("e => e.scrollLeft > 0", arg=one)
    context.close()


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
