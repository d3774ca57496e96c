"""Hostile files and a hostile server, met in JupyterLab: no script runs in the page, nobody is asked for a password, and
each cell's output stands under that cell."""

import hostile
import nbformat
from page import Lesson

# Asks the page itself, with a result that the kernel is told to show: what a hostile text would have to reach.
PLANTED = 'println!("EVCXR_BEGIN_CONTENT text/html\\n<img src=x onerror=\\"window.planted=1\\">\\nEVCXR_END_CONTENT");'
OUTPUTS = """[...document.querySelectorAll(".jp-CodeCell")].map((cell) =>
  [...cell.querySelectorAll(".jp-OutputArea-output")].map((output) => output.textContent).join("\\n"))"""


def test_hostile_files_and_answers_run_nothing_in_the_page(lab, browser, tmp_path):
    hostile.write_files(tmp_path)
    with hostile.server() as base:
        sources = [*hostile.cells(tmp_path, base), PLANTED]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        notebook["metadata"]["kernelspec"] = {"display_name": "Rust", "language": "rust", "name": "rust"}
        nbformat.write(notebook, lab.notebooks / "hostile.ipynb")
        lesson = Lesson(browser, lab, "hostile.ipynb")
        lesson.menu("Run", "Run All Cells")
        prompt = lesson.page.locator("input.jp-Stdin-input")
        lesson.until(lambda: prompt.count() or lesson.has_run(), 300, "the cells did not end")
        assert prompt.count() == 0, "the reader was asked for a password"
        lesson.until(lambda: lesson.page.evaluate("window.planted"), 10, "a script that is meant to run did not")
        assert lesson.page.evaluate("window.pwned") is None
        outputs = lesson.page.evaluate(OUTPUTS)
        *ended, stopped, _ = outputs[2:]
        for number, text in enumerate(ended):
            assert hostile.end_of(number) in text and hostile.end_of(number + 1) not in text, text
        assert stopped.startswith("stopped: ") and "window.pwned=1" in stopped, "as text"
        lesson.close()
