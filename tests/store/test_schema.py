# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of the database, held against schema.sql: of a new one, and of each old one that is brought along; the exchange in
it stands in a trace once it has been read again.

What changes it is a migration; then `OH_WRITE=1` writes the file anew, and the change is seen where it is reviewed.
"""
import difflib
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

from tap import check, main

COMMAND = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
DUMP = HERE / "schema.sql"


def migrated(fill=None):
    """The shape that a data folder's database has once Overhear has opened it."""
    with tempfile.TemporaryDirectory(prefix="overhear-schema-") as folder:
        data = pathlib.Path(folder, "data")
        data.mkdir(mode=0o700)
        if fill:
            with sqlite3.connect(data / "overhear.db") as database:
                database.executescript(fill)
            database.close()
        subprocess.run([COMMAND, "reread"], check=True, stdout=subprocess.DEVNULL, timeout=120,
                       env=dict(os.environ, OVERHEAR_DATA_DIR=str(data), XDG_RUNTIME_DIR=folder))
        database = sqlite3.connect(data / "overhear.db")
        try:
            traces = database.execute("SELECT count(*) FROM place JOIN trace ON trace.id = place.trace_id").fetchone()[0]
            assert traces == (1 if fill else 0), traces
            return shape(database)
        finally:
            database.close()


def shape(database):
    lines = [f"PRAGMA {name} = {database.execute(f'PRAGMA {name}').fetchone()[0]};\n"
             for name in ("application_id", "user_version")]
    # Names that begin with that of a virtual table are SQLite's own.
    statements = database.execute("SELECT sql FROM sqlite_schema AS s WHERE sql IS NOT NULL AND NOT EXISTS (SELECT 1"
                                  " FROM sqlite_schema AS v WHERE v.sql LIKE 'CREATE VIRTUAL%' AND"
                                  " substr (s.name, 1, length (v.name) + 1) = v.name || '_') ORDER BY type DESC, name")
    lines += [" ".join(sql.split()) + ";\n" for sql, in statements]
    return "".join(lines)


def compare(found):
    wanted = DUMP.read_text().split("\n", 1)[1]
    changed = difflib.unified_diff(wanted.splitlines(), found.splitlines(), n=0, lineterm="")
    assert found == wanted, "OH_WRITE=1 writes schema.sql anew\n" + "\n".join(changed)


@check("a new database has the shape that schema.sql says")
def new():
    found = migrated()
    if os.environ.get("OH_WRITE"):
        DUMP.write_text("-- The database as it is today; test_schema.py holds it against this.\n" + found)
    compare(found)


for path in sorted(HERE.glob("old/*.sql")):
    @check(f"so has one of version {path.stem} that was brought along")
    def old(path=path):
        compare(migrated(path.read_text()))


main()
