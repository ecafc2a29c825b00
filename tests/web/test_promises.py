"""What the page promises besides colours: nothing is sent, nothing fetched twice, and a bad file gives a sentence."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.data import package_photographs
from colorlib.demo import page

MOST_MEMORY = 1e9  # bytes of the process that shows the page
# By which directive of the page's policy a request to elsewhere is refused.
FORBIDDEN = """new Promise(done => {
    addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
    fetch('http://localhost:9/').then(() => done('sent'), error => setTimeout(() => done(String(error)), 2000));
})"""


def memory(browser):
    """Bytes that the largest page process of a browser holds."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    status = [Path(f"/proc/{one['id']}/statm") for one in processes if one["type"] == "renderer"]
    return max(int(file.read_text().split()[1]) for file in status if file.exists()) * 4096


@pytest.fixture
def photograph(tmp_path):
    """Make a photograph of any size."""

    def make(width, height, name="photograph.jpg"):
        with Image.open(package_photographs()["coffee"]) as file:
            file.convert("L").resize((width, height)).save(tmp_path / name, quality=85)
        return str(tmp_path / name)

    return make


def png(width, height, data=b""):
    """A PNG file that says it is so large."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_no_request_leaves_the_page_and_none_could(tab, context, colour, colouring_site, photograph):
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    colour(tab, photograph(320, 240))
    assert asked
    assert [url for url in asked if not url.startswith((colouring_site.address, "blob:"))] == []
    assert tab.evaluate(FORBIDDEN) == "connect-src"
    if tab.context.browser.browser_type.name == "chromium":  # Playwright cannot speak to Firefox's workers
        assert tab.workers[0].evaluate(FORBIDDEN) == "connect-src"


def test_the_second_visit_fetches_no_model(either, colour, colouring_site, photograph):
    context, file = either.new_context(), photograph(320, 240)

    def visit():
        colouring_site.asked.clear()
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(colouring_site.address)
        colour(tab, file)
        tab.close()
        assert "/" in colouring_site.asked
        return [path for path in colouring_site.asked if path.endswith(".bin")]

    first = visit()
    assert len(first) == 2
    assert all(path.startswith(("/model-", "/runtime-")) for path in first)
    assert visit() == []
    context.close()


def test_the_progress_is_said_in_megabytes(either, colour, colouring_site, photograph, built):
    context = either.new_context()
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(colouring_site.address)
    tab.evaluate("""() => {
        const status = document.getElementById('colour-status');
        window.said = [];
        new MutationObserver(() => said.push(status.textContent)).observe(status, {childList: true});
    }""")
    colour(tab, photograph(320, 240))
    said = tab.evaluate("said")
    model = next(file for file in built.iterdir() if file.name.startswith("model-"))
    whole = f" of {round(model.stat().st_size / 1e6)} MB"
    assert any(text.startswith("Fetching the model, ") and text.endswith(whole) for text in said), said
    assert any(text.startswith("Fetching the runtime, ") for text in said), said
    context.close()


def test_what_is_fetched_is_small(built):
    assert sum(file.stat().st_size for file in built.iterdir() if file.suffix in (".bin", ".js")) <= 16e6


def test_twelve_megapixels(tab, colour, photograph):
    assert "4000 x 3000 pixels" in colour(tab, photograph(4000, 3000))


def test_twelve_megapixels_and_ten_pictures_stay_in_memory(browser, colour, colouring_site, photograph):
    context = browser.new_context()
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(colouring_site.address)
    colour(tab, photograph(4000, 3000, "large.jpg"))
    assert memory(browser) < MOST_MEMORY
    sizes = [(1200 + 40 * i, 900 - 20 * i) for i in range(10)]
    after = []
    for i, (width, height) in enumerate(sizes):
        colour(tab, photograph(width, height, f"{i}.jpg"))
        after.append(memory(browser))
    assert max(after) < MOST_MEMORY
    assert np.mean(after[-3:]) < 1.2 * np.mean(after[:3]) + 50e6, after
    context.close()


HOSTILE = {
    "empty.jpg": (b"", "0 bytes"),
    "letter.jpg": (b"Dear grandmother, here is no picture.", "not a picture"),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>throw 1</script></svg>", "SVG"),
    "bomb.png": (png(60_000, 60_000), "3600 megapixels"),
    "lie.png": (png(200, 200), "damaged"),
    "flat.png": (png(0, 10), "damaged"),
    "header.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_a_sentence(tab, colour, name):
    content, expected = HOSTILE[name]
    trouble = []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    says = colour(tab, {"name": name, "mimeType": "image/png", "buffer": content}, "failed")
    assert says.startswith(f"{name}: ")
    assert expected in says
    assert says.endswith((".", "?"))
    assert not tab.is_visible("#result")
    assert not trouble


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_a_file_without_its_end_is_refused(tab, colour, photograph, kind):
    whole = Path(photograph(400, 300, f"cut.{kind.lower()}")).read_bytes()
    file = {"name": f"cut.{kind.lower()}", "mimeType": "image/png", "buffer": whole[: len(whole) * 2 // 3]}
    assert "end" in colour(tab, file, "failed")


@pytest.mark.parametrize("kind", ["PNG", "WebP", "AVIF", "GIF"])
def test_the_kinds_that_browsers_read(tab, colour, photograph, kind):
    assert "200 x 150 pixels" in colour(tab, photograph(200, 150, f"photograph.{kind.lower()}"))


def test_work_is_cancelled_and_taken_up_again(tab, colour, photograph):
    tab.set_input_files("#photo", photograph(2000, 1500))
    tab.wait_for_selector("#colour[data-state=busy]")
    tab.click("#colour-cancel")
    tab.wait_for_selector("#colour[data-state=ready]")
    assert tab.inner_text("#colour-status") == "Cancelled."
    tab.click("#colour-again")
    tab.wait_for_selector("#colour[data-state=done]")
    assert "2000 x 1500" in tab.inner_text("#colour-status")


def test_files_chosen_together_come_one_after_the_other(tab, photograph):
    files = [photograph(100 + i, 80, f"{i}.jpg") for i in range(2)]
    tab.set_input_files("#photo", files)
    tab.wait_for_selector("#colour[data-state=done]")
    assert tab.inner_text("#colour-status").startswith("0.jpg")
    assert "1 more" in tab.inner_text("#colour-status")
    tab.click("#colour-next")
    tab.wait_for_selector("#colour[data-state=busy]")
    tab.wait_for_selector("#colour[data-state=done]")
    assert tab.inner_text("#colour-status").startswith("1.jpg")


def test_a_sample_is_dropped_and_pasted(tab):
    tab.reload()
    tab.click("[data-sample=china]")
    tab.wait_for_selector("#colour[data-state=done]")
    assert tab.inner_text("#colour-status").startswith("china.jpg")
    for event, carrier in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        tab.evaluate(
            """async ([event, carrier]) => {
                const content = await (await fetch('samples/china.jpg')).blob();
                const transfer = new DataTransfer();
                transfer.items.add(new File([content], event + '.jpg', { type: 'image/jpeg' }));
                const given = new Event(event, { bubbles: true, cancelable: true });
                Object.defineProperty(given, carrier, { value: transfer });  // Firefox takes no files for a paste
                document.getElementById('colour').dispatchEvent(given);
            }""",
            [event, carrier],
        )
        tab.wait_for_selector("#colour[data-state=busy]", timeout=5000)
        tab.wait_for_selector("#colour[data-state=done]")
        assert tab.inner_text("#colour-status").startswith(f"{event}.jpg")


def test_opened_as_a_file_it_says_so(either, built, tmp_path):
    part = page.fragment(f"{built.as_uri()}/", {}, "Nothing is sent.")
    whole = page.whole_page(part, f'<script defer src="{built.as_uri()}/page.js"></script>')
    (tmp_path / "page.html").write_text(whole, "utf8")
    tab = either.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    tab.wait_for_selector("#colour[data-state=failed]")
    assert "opened as a file" in tab.inner_text("#colour-status")
    assert tab.is_disabled("#photo")
    tab.close()


def test_without_wasm_it_says_so(either, colouring_site):
    context = either.new_context()
    context.add_init_script("delete globalThis.WebAssembly")
    tab = context.new_page()
    tab.goto(colouring_site.address)
    assert "lacks WebAssembly" in tab.inner_text("#colour-status")
    context.close()


def test_without_a_network_it_says_so_and_tries_again(either, colour, colouring_site, photograph):
    context = either.new_context()
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.route("**/model-*.bin", lambda route: route.abort())
    tab.goto(colouring_site.address)
    says = colour(tab, photograph(200, 150), "failed")
    assert says.startswith("The model could not be fetched")
    assert "try again" in says
    tab.unroute("**/model-*.bin")
    tab.click("#colour-again")
    tab.wait_for_selector("#colour[data-state=done]")
    context.close()
