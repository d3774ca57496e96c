"""Makes README's pictures: the committed lessons in JupyterLab, as they look when they have run."""

import tempfile
from pathlib import Path

import lab as jupyterlab
from page import Lesson

DOCS = jupyterlab.ROOT / "docs"
# The picture, its lesson, and a text at the top of it.
PICTURES = [
    ("notebook-01.png", "01-the-first-import.ipynb", "An import job completes even if"),
    ("notebook-03.png", "03-thousands-of-users.ipynb", "Leave them out. The practice tenant is fast"),
]
SCROLL_TO = """(text) => {
  const cell = [...document.querySelectorAll(".jp-Cell")].find((cell) => cell.textContent.includes(text));
  cell.scrollIntoView({ block: "start" });
}"""


def main():
    with tempfile.TemporaryDirectory() as folder, jupyterlab.started(Path(folder)) as lab, jupyterlab.chromium() as browser:
        for picture, notebook, text in PICTURES:
            lesson = Lesson(browser, lab, notebook)
            lesson.command("application:toggle-left-area")
            lesson.width(1280)
            lesson.page.evaluate(SCROLL_TO, text)
            lesson.page.screenshot(path=DOCS / picture)
            lesson.close()
            print(f"written: docs/{picture}")


if __name__ == "__main__":
    main()
