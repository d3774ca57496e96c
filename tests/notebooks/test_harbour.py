"""The file of lesson 06: the same each time, for its owner alone from the first byte on, and with as many rows as the lesson says."""

import csv
import os
import subprocess
import sys

from runner import ROOT

SCRIPT = ROOT / "notebooks" / "make-harbour.py"


def made_in(folder):
    subprocess.run([sys.executable, SCRIPT], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "harbour.csv"


def test_the_file_of_lesson_06_is_the_same_each_time_and_for_its_owner_alone(tmp_path):
    old = os.umask(0)
    try:
        file = made_in(tmp_path)
        assert file.stat().st_mode & 0o777 == 0o600
        first = file.read_bytes()
        # One that others can read is closed to them.
        file.chmod(0o644)
        assert made_in(tmp_path).read_bytes() == first
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)
    rows = list(csv.DictReader(first.decode().splitlines()))
    assert len(rows) == 20_000
    assert all(row["email"].endswith(("@harbour.test", "@harbour", " at harbour.test", "@HARBOUR.TEST")) for row in rows)
