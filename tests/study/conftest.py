"""What the tests of studies share: folders of small photographs, and a study of each design."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image

from colorlib.study.answers import ANSWERS, read_key
from colorlib.study.server import create_app
from colorlib.study.site import new_study

METHODS = {"secret-alpha": "alpha", "<img src=x onerror=alert(1)>": "beta"}
PICTURES = ["rose", "boat", "<b onclick=alert(1)>", "cat & dog", "deep/inside", "tree"]


@pytest.fixture
def methods() -> dict[str, str]:
    """The methods of the studies here, with names that must not get out or run."""
    return METHODS


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> Path:
    """Originals with EXIF data, and the versions of two methods, in other formats."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number, name in enumerate(PICTURES):
        coarse = rng.integers(0, 255, (4, 6, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((360, 240), Image.Resampling.BICUBIC)
        exif = Image.Exif()
        exif[0x010E] = "secret-alpha was here"  # ImageDescription
        for folder, suffix in (("truth", ".jpg"), ("alpha", ".png"), ("beta", ".webp")):
            path = root / folder / f"{name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            turned = Image.fromarray(np.roll(np.asarray(image), len(folder) + number, axis=2))
            turned.save(path, exif=exif)
    return root


@pytest.fixture
def make_study(folders, tmp_path):
    """Make a study of the shared photographs, in a folder of its own; gives the folder and the key."""
    numbers = count()

    def make(design="which-is-better", **options):
        folder = tmp_path / f"study{next(numbers)}"
        methods = {name: folders / where for name, where in METHODS.items()}
        options = {"participants": 8, "practice": 1, "checks": 1, "seed": 1} | options
        new_study(folder, folders / "truth", methods, design, **options)
        return folder, read_key(folder / "key.json")

    return make


@pytest.fixture(scope="session")
def answer_all():
    """Answer everything like a person who always says the same; gives the json text."""

    def answer(key, number=0, said=None, **change):
        said = said or ANSWERS[key["design"]][0]
        slot = number % len(key["slots"])
        answers = [
            {"trial": trial, "answer": said, "ms": 900 + trial, "shown": 1} for trial in range(len(key["slots"][slot]))
        ]
        whole = {"study": key["study"], "participant": f"{number:032x}", "slot": slot, "answers": answers}
        return json.dumps(whole | change)

    return answer


@pytest.fixture(scope="session")
def serving() -> Callable:
    """Serve a study on loopback from a thread; the context gives its address."""

    @contextmanager
    def serve(folder: Path, **limits) -> Iterator[str]:
        server = uvicorn.Server(uvicorn.Config(create_app(folder, **limits), log_level="warning"))
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(30)

    return serve


@pytest.fixture
def served(make_study, serving):
    """Make a study and serve it until the test ends; gives the folder, the key and the address."""
    with ExitStack() as running:

        def serve(*words, **options):
            folder, key = make_study(*words, **options)
            return folder, key, running.enter_context(serving(folder))

        yield serve


@pytest.fixture
def visit(browser):
    """Open an address like a new visitor; whatever the page complains about fails the test."""
    contexts, complaints = [], []

    def open_page(address, **options):
        context = browser.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
