"""`colorlib demo`: one's own photograph in a page on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from colorlib.cli.console import clear_errors, say


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page's address; 0 takes any free one.")
    ] = 8000,
    weights: Annotated[
        str, typer.Option(help="Weights that come along, by name, or a .safetensors file.")
    ] = "natural",
    browser: Annotated[
        bool, typer.Option(help="Open the page in a browser, or only say its address.")
    ] = True,
) -> None:
    """Open a page that colours photographs, on this machine and for it alone.

    Choose a photograph, turn the dials, pin colours, save. Ctrl-C ends it.
    """
    with clear_errors():
        import tempfile
        import webbrowser
        from pathlib import Path

        from colorlib.demo.server import create_server

        with tempfile.TemporaryDirectory() as folder:
            try:
                server = create_server(Path(folder), weights, port)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    raise
                raise ValueError(
                    f"--port {port}: {error.strerror}; choose another, or 0 for any"
                ) from error
            with server:
                address = f"http://127.0.0.1:{server.server_port}"
                say(f"the page: {address} (Ctrl-C ends it)")
                if browser:
                    webbrowser.open(address)
                server.serve_forever()
