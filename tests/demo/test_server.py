"""`colorlib demo`: photographs are coloured by the package, for this machine's own page and nobody else."""

import io
import json
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from colorlib import Colorizer
from colorlib.colorize.hints import Point
from colorlib.demo import pictures, server

SETTINGS = {
    "strength": 1.2,
    "vividness": 0.6,
    "sizes": [64, 96],
    "points": [{"x": 0.4, "y": 0.5, "rgb": [200, 40, 30]}],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server, and its port."""
    with server.create_server(tmp_path_factory.mktemp("demo")) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_port
        running.shutdown()


@pytest.fixture
def ask(running):
    """Ask the server; returns the status, the content type and what came."""

    def ask(method, path, body=None, **headers):
        connection = HTTPConnection("127.0.0.1", running, timeout=120)
        connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        result = answer.status, answer.headers["Content-Type"], answer.read()
        connection.close()
        return result

    return ask


def photograph(suffix="PNG", mode="L", size=(90, 60)):
    """A photograph as a file, and as a picture."""
    y, x = np.mgrid[: size[1], : size[0]]
    pixels = (127 + 90 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint8)
    image, file = Image.fromarray(pixels).convert(mode), io.BytesIO()
    image.save(file, suffix)
    return image, file.getvalue()


def test_the_page_and_its_parts(ask):
    status, kind, page = ask("GET", "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert b'id="photo"' in page
    for path in ("/static/page.css", "/static/demo.js", "/static/page.js", "/samples/china.jpg", "/defaults"):
        assert ask("GET", path)[0] == 200, path
    for path in ("/static/../page.py", "/static/index.html", "/etc/passwd", "/samples/", "/before/none"):
        assert ask("GET", path)[0] in (404, 410), path


@pytest.mark.parametrize("suffix", ["PNG", "TIFF"])
def test_a_photograph_is_coloured_as_the_package_does(ask, suffix):
    image, content = photograph(suffix)
    status, _, answer = ask("POST", f"/open?name={quote('Großmutter.' + suffix.lower())}", content)
    opened = json.loads(answer)
    assert (status, opened["width"], opened["height"]) == (200, 90, 60)
    _, _, grey = ask("GET", f"/before/{opened['picture']}")
    assert np.abs(np.asarray(Image.open(io.BytesIO(grey))).astype(int) - np.asarray(image)).max() <= 1
    status, kind, result = ask("POST", f"/colour/{opened['picture']}", json.dumps(SETTINGS))
    assert (status, kind) == (200, "image/png")
    colorizer = Colorizer.from_pretrained("natural", (64, 96), saturation=1.2, vividness=0.6)
    expected = np.asarray(colorizer(image, points=[Point(0.4, 0.5, (200, 40, 30))]))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(result))), expected)


def test_sixteen_bits_are_shown_in_eight(ask):
    file = io.BytesIO()
    Image.fromarray(np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)).save(file, "PNG")
    opened = json.loads(ask("POST", "/open?name=deep.png", file.getvalue())[2])
    status, _, result = ask("POST", f"/colour/{opened['picture']}", json.dumps(SETTINGS | {"points": []}))
    assert status == 200
    assert Image.open(io.BytesIO(result)).mode == "RGB"


@pytest.mark.parametrize("content", [b"", b"Dear grandmother", b"\x89PNG\r\n\x1a\n\0\0\0"])
def test_what_is_no_picture_gives_a_sentence_with_its_name(ask, content):
    status, _, answer = ask("POST", "/open?name=letter.png", content)
    assert status == 400
    error = json.loads(answer)["error"]
    assert error.startswith("letter.png")
    assert error.endswith(".")
    assert "tmp" not in error


def test_wrong_settings_give_a_sentence(ask):
    opened = json.loads(ask("POST", "/open?name=a.png", photograph()[1])[2])
    for settings in (b"{", json.dumps(SETTINGS | {"sizes": [0]}), json.dumps(SETTINGS | {"strength": -1})):
        status, _, answer = ask("POST", f"/colour/{opened['picture']}", settings)
        assert status == 400, answer
        assert json.loads(answer)["error"]


def test_only_the_latest_photographs_stay_open(ask):
    names = [
        json.loads(ask("POST", "/open?name=a.png", photograph()[1])[2])["picture"] for _ in range(pictures.MOST + 1)
    ]
    assert ask("GET", f"/before/{names[0]}")[0] == 410
    assert ask("GET", f"/before/{names[-1]}")[0] == 200


def test_other_sites_are_refused(ask, running):
    assert ask("GET", "/", Host="evil.example")[0] == 403
    assert ask("POST", "/open", photograph()[1], Origin="http://evil.example")[0] == 403
    assert ask("POST", "/open?name=a.png", photograph()[1], Origin=f"http://localhost:{running}")[0] == 200


def test_a_file_that_is_too_large_is_refused_unread(ask):
    status, _, answer = ask("POST", "/open?name=huge.tif", b"", Content_Length=str(server.MOST_BYTES + 1))
    assert status == 403
    assert "huge.tif" in json.loads(answer)["error"]


def test_the_page_colours_through_the_server(browser, running, tmp_path):
    (tmp_path / "face.tif").write_bytes(photograph("TIFF", size=(300, 200))[1])
    tab = browser.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(f"http://127.0.0.1:{running}")
    tab.set_input_files("#photo", str(tmp_path / "face.tif"))
    tab.wait_for_selector("#colour[data-state=done]")
    assert "300 x 200 pixels" in tab.inner_text("#colour-status")
    with tab.expect_download() as download:
        tab.click("#save")
    image = Image.open(download.value.path())
    assert image.size == (300, 200)
    assert "DigitalSourceType" in image.info["XML:com.adobe.xmp"]
    (tmp_path / "letter.png").write_bytes(b"Dear grandmother")
    tab.set_input_files("#photo", str(tmp_path / "letter.png"))
    tab.wait_for_selector("#colour[data-state=failed]")
    assert "letter.png" in tab.inner_text("#colour-status")
    tab.close()
