"""Makes README's pictures: cells of the committed lessons with what they show, as JupyterLab draws them, and nothing around them."""

import tempfile
from pathlib import Path

import lab as jupyterlab
from page import Lesson

DOCS = jupyterlab.ROOT / "docs"
# The picture, its lesson, and a piece of the cell's code.
PICTURES = [
    ("notebook-01.png", "01-the-first-import.ipynb", "job_errors(&tenant, &bad_finished)"),
    ("notebook-03.png", "03-thousands-of-users.ipynb", "let resumed = resume_import(&tenant"),
]
# Wide enough for code and cards, and narrow enough to be read in README.
WIDTH, HEIGHT = 960, 1600
MARGIN = 8
# Where the cell's code and outputs are, without the numbers beside them. The cell is brought to the middle of the window first.
CELL = """(code) => {
  const cells = [...document.querySelectorAll(".jp-CodeCell")];
  const cell = cells.find((cell) => cell.querySelector(".cm-content").textContent.includes(code));
  if (!cell?.querySelector(".jp-OutputArea-output")) return null;
  cell.scrollIntoView({ block: "center" });
  const parts = [...cell.querySelectorAll(".jp-InputArea-editor, .jp-OutputArea-output")];
  const boxes = parts.map((part) => part.getBoundingClientRect()).filter((box) => box.height);
  const [left, top] = ["left", "top"].map((side) => Math.min(...boxes.map((box) => box[side])));
  const [right, bottom] = ["right", "bottom"].map((side) => Math.max(...boxes.map((box) => box[side])));
  return { x: left, y: top, width: right - left, height: bottom - top };
}"""


def main():
    with tempfile.TemporaryDirectory() as folder, jupyterlab.started(Path(folder)) as lab, jupyterlab.chromium() as browser:
        for picture, notebook, code in PICTURES:
            lesson = Lesson(browser, lab, notebook)
            lesson.command("application:toggle-left-area")
            lesson.width(WIDTH, HEIGHT)
            box = lesson.page.evaluate(CELL, code)
            assert box, f"{notebook} has no cell with {code} and an output"
            assert box["y"] + box["height"] < HEIGHT, f"{notebook}: the cell with {code} is too long for a picture"
            lesson.page.screenshot(path=DOCS / picture, clip={
                "x": box["x"] - MARGIN, "y": box["y"] - MARGIN,
                "width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN})
            lesson.close()
            print(f"written: docs/{picture}")


if __name__ == "__main__":
    main()
