"""Each lesson, fresh in the real kernel, against its committed outputs and what it says of itself."""

import json
import re
import urllib.request

import gate
import nbformat
import pytest
from runner import ROOT, execute

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def requests_it_names(notebook):
    """The number of requests that a lesson says at its top it sends; the start page says a few, and one or two more where it starts the practice tenant."""
    top = notebook["cells"][0]["source"]
    number = re.search(r"some ([\d,]+) requests", top)
    assert number or "a few requests" in top
    return int(number.group(1).replace(",", "")) if number else 8


def requests_so_far():
    """How many requests the practice tenant has been sent; none when none runs."""
    try:
        lines = (ROOT / "target" / "practice-tenant.env").read_text().splitlines()
        settings = dict(line.split("=", 1) for line in lines)
        request = urllib.request.Request(
            settings["DOMAIN"] + "/practice/requests?from=1000000",
            headers={"Authorization": "Bearer " + settings["MGMT_API_ACCESS_TOKEN"]})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["total"]
    except OSError:
        return 0


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_lesson_is_well_formed_and_its_outputs_are_committed(path):
    notebook = nbformat.read(path, as_version=4)
    assert gate.form_problems(notebook) == []
    assert gate.output_problems(notebook) == []
    if not path.stem.startswith("00"):
        number = f"{requests_it_names(notebook):,}"
        for table in (ROOT / "README.md", LESSONS[0]):
            row = re.search(rf"[^\n]*\]\([^)]*{path.name}\) \|.*", table.read_text(encoding="utf-8")).group()
            assert f"| {number} |" in row, table.name


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_lesson_runs_and_shows_what_is_committed(path):
    committed = nbformat.read(path, as_version=4)
    before = requests_so_far()
    executed = execute(nbformat.read(path, as_version=4))
    sent = requests_so_far() - before
    assert gate.output_problems(executed) == []
    # Waiting takes more requests or fewer.
    assert 0.75 <= sent / requests_it_names(committed) <= 1.25, f"{sent} requests"
    assert gate.shown(executed) == gate.shown(committed), "make outputs writes the new ones"
