"""Each lesson as a reader sees it: opened in JupyterLab, run with "Run All", in both themes, wide and narrow."""

import gate
import nbformat
import pytest
from lab import ROOT
from page import THEMES, WIDTHS, Lesson

LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
SCREENS = ROOT / "executed" / "screens"


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4)["cells"] if cell["cell_type"] == "code"]


def html(cell):
    """The html a cell shows: images of a type of their own stand for a picture."""
    kinds = [(kind, text) for kind, text in gate.texts(cell)]
    return "".join("<img>" if kind.startswith("image/") else text for kind, text in kinds
                   if kind == "text/html" or kind.startswith("image/"))


@pytest.mark.parametrize("name", LESSONS)
def test_the_lesson_runs_and_looks_well(lab, browser, name):
    lesson = Lesson(browser, lab, name)
    committed = code_cells(lesson.file)
    assert lesson.looks() == [], "before it has run"

    lesson.run_all()
    lesson.save()
    assert gate.output_problems(nbformat.read(lesson.file, as_version=4)) == []
    meant = {"stderr-expected", "error-expected"}
    assert [number for number in lesson.red() if not meant & set(gate.tags(committed[number - 1]))] == []
    assert lesson.parts() == lesson.parts([html(cell) for cell in committed]), "tables, pictures or cards are missing"

    problems = []
    for theme in THEMES:
        lesson.theme(theme)
        for width in WIDTHS:
            lesson.width(width)
            problems += [f"{theme}, {width} pixels: {problem}" for problem in lesson.looks()]
            lesson.picture(SCREENS / f"{lesson.file.stem}-{width}-{theme}.png", width)
    assert problems == []
    lesson.close()
