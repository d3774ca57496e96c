"""Each lesson, fresh in the real kernel, against its committed outputs."""

import gate
import nbformat
import pytest
from runner import ROOT, execute

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_lesson_is_well_formed_and_its_outputs_are_committed(path):
    notebook = nbformat.read(path, as_version=4)
    assert gate.form_problems(notebook) == []
    assert gate.output_problems(notebook) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_lesson_runs_and_shows_what_is_committed(path):
    committed = nbformat.read(path, as_version=4)
    executed = execute(nbformat.read(path, as_version=4))
    assert gate.output_problems(executed) == []
    assert gate.shown(executed) == gate.shown(committed), "make outputs writes the new ones"
