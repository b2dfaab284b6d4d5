"""Damage done to the rows and the form of a database."""

import random
import sqlite3
import tempfile
from pathlib import Path


def in_rows_or_form(content: bytes, chance: random.Random) -> bytes:
    """A database of another content, or of another form."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "changed.sqlite")
        path.write_bytes(content)
        changes = (
            "UPDATE digests SET digest = NULL", "UPDATE digests SET digest = 7",
            "UPDATE digests SET digest = x'00ff'", "UPDATE digests SET digest = 'aa'",
            "UPDATE digests SET digest = substr(digest, 2) || '0'",
            "UPDATE digests SET size = 'x'", "DELETE FROM digests", "DROP TABLE digests",
            "ALTER TABLE digests RENAME COLUMN digest TO other",
            "ALTER TABLE digests ADD COLUMN other TEXT NOT NULL DEFAULT 'x'",
            "ALTER TABLE digests RENAME TO others",
            "CREATE TRIGGER t AFTER INSERT ON digests BEGIN SELECT count(*) FROM (WITH RECURSIVE "
            "c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c); END",
            "DROP TABLE digests; CREATE VIEW digests AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
            "SELECT x + 1 FROM c) SELECT x AS path, x AS size, x AS changed, x AS digest FROM c",
            "PRAGMA user_version = 99", "PRAGMA journal_mode = WAL",
        )  # fmt: skip
        memory = sqlite3.connect(path)
        memory.executescript(chance.choice(changes))
        memory.commit()
        memory.close()
        return path.read_bytes()
