"""Keep the answers of a study in one SQLite file, to which rows are added and never changed.

A row is committed to the disk before its participant is told so. Participants who finish at one
moment share a commit, so that a full classroom does not wait in a queue for the disk. While the
server runs, the newest rows are in a second file beside it (answers.db-wal): read it in place, do
not copy it alone.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["ConflictError", "Store", "read_answers"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    participant TEXT NOT NULL PRIMARY KEY,
    received TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ')),
    body TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON answers
    BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON answers
    BEGIN SELECT RAISE(ABORT, 'answers are never deleted'); END;
"""


class ConflictError(ValueError):
    """One participant sent two different sets of answers; the first stays."""


class Store:
    """The answers of a study, for one process that writes.

    Parameters
    ----------
    path : str or Path
        The SQLite file; made when it is not there.

    Raises
    ------
    ValueError
        When the file is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self._waiting: list[tuple[str, str, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} cannot hold the answers ({error}): move it away") from None

    async def add(self, answers: Mapping[str, Any]) -> None:
        """Store the answers of one participant; the same ones again change nothing.

        Returns when they are on the disk.

        Raises
        ------
        ConflictError
            When other answers of this participant are there.
        OSError
            When they cannot be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        body = json.dumps(answers, sort_keys=True)
        self._waiting.append((answers["participant"], body, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        """Commit whatever waits, all at once, until nothing waits."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                stored = await asyncio.to_thread(self._insert, [row[:2] for row in batch])
            except sqlite3.Error as error:
                outcomes: list[Exception | None] = [OSError(str(error))] * len(batch)
            else:
                clash = "other answers of this participant are stored already"
                same = [stored[participant] == body for participant, body, _ in batch]
                outcomes = [None if equal else ConflictError(clash) for equal in same]
            for (_, _, done), outcome in zip(batch, outcomes, strict=True):
                if done.cancelled():
                    continue
                if outcome is None:
                    done.set_result(None)
                else:
                    done.set_exception(outcome)

    def _insert(self, rows: list[tuple[str, str]]) -> dict[str, str]:
        """Add rows in one transaction, the first of each participant; return what is stored now."""
        with self._connection as connection:
            connection.executemany(
                "INSERT INTO answers (participant, body) VALUES (?, ?) ON CONFLICT DO NOTHING", rows
            )
        find = "SELECT body FROM answers WHERE participant = ?"
        return {name: self._connection.execute(find, (name,)).fetchone()[0] for name, _ in rows}

    def __len__(self) -> int:
        """How many participants have answered."""
        return self._connection.execute("SELECT count(*) FROM answers").fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def read_answers(path: str | Path) -> list[str]:
    """Read the answers of all participants, as JSON, in the order in which they arrived.

    Raises
    ------
    FileNotFoundError, ValueError
        When there is no such file, or it holds no answers.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: give the answers.db of a served study")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return [
                body for (body,) in connection.execute("SELECT body FROM answers ORDER BY rowid")
            ]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path} holds no answers of a study ({error})") from None
