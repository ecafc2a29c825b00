"""The command `colorlib demo`."""

import socket
import subprocess
import sys
from http.client import HTTPConnection

from typer.testing import CliRunner

from colorlib.cli import app


def test_it_serves_a_page_until_it_is_stopped():
    command = [sys.executable, "-m", "colorlib", "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr.readline()
        assert said.startswith("the page: http://127.0.0.1:")
        connection = HTTPConnection("127.0.0.1", int(said.split(":")[3].split()[0]), timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.terminate()


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["demo", "--port", str(port), "--no-browser"])
    assert result.exit_code == 2
    assert f"--port {port}: " in result.stderr


def test_weights_that_are_not_there():
    result = CliRunner().invoke(app, ["demo", "--weights", "nobody", "--no-browser"])
    assert result.exit_code == 2
    assert "nobody" in result.stderr
