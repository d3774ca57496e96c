"""A lesson open in JupyterLab: what a reader does with it, and what a reader sees."""

import time
from pathlib import Path

LOOKS = (Path(__file__).parent / "looks.js").read_text()
RUN_LIMIT = 300
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = (1280, 800)
HEIGHT = 900
OUTPUT = ".jp-OutputArea-output"
# What an output can be made of, and how it is found in html.
PARTS = {"tables": "table", "pictures": "img, svg, [role=img]", "cards": "div[style*='border-left']"}
# Of the cells themselves, since a folded one shows no number.
CODE_CELLS = """window.jupyterapp.shell.currentWidget.content.widgets
  .map((cell) => cell.model).filter((cell) => cell.type === 'code')"""


class Lesson:
    def __init__(self, browser, lab, name):
        self.page = browser.new_page(viewport={"width": WIDTHS[0], "height": HEIGHT})
        self.page.set_default_timeout(60_000)
        self.file = lab.notebooks / name
        self.page.goto(lab.address(name))
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.until(lambda: self.kernel() == "idle", 120, "the kernel did not get ready")

    def close(self):
        """Ends the kernel too: the next lesson should have the machine to itself."""
        self.command("kernelmenu:shutdown")
        self.page.close()

    def until(self, holds, seconds, otherwise):
        limit = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < limit, f"{otherwise} within {seconds} s"
            self.page.wait_for_timeout(200)

    def command(self, name, **arguments):
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])

    def kernel(self):
        return self.page.evaluate(
            "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status ?? 'none'")

    def menu(self, menu, entry):
        self.page.locator(".lm-MenuBar-itemLabel", has_text=menu).first.click()
        self.page.locator(f".lm-Menu-itemLabel:text-is('{entry}')").click()

    def run_all(self):
        """Clears what is shown, runs every cell and waits until each has its number and the kernel is idle."""
        self.menu("Edit", "Clear Outputs of All Cells")
        self.until(lambda: self.page.locator(OUTPUT).count() == 0, 10, "the outputs were not cleared")
        self.menu("Run", "Run All Cells")
        self.until(self.has_run, RUN_LIMIT, "the lesson did not come to its end")

    def has_run(self):
        return self.kernel() == "idle" and all(self.page.evaluate(f"{CODE_CELLS}.map((cell) => cell.executionCount)"))

    def save(self):
        self.command("docmanager:save")
        self.until(lambda: self.page.evaluate("!window.jupyterapp.shell.currentWidget.context.model.dirty"),
                   30, "the notebook was not saved")

    def parts(self, written=None):
        """How many of each part the outputs of each code cell have: in the page, or in the html that is given for each."""
        return self.page.evaluate(
            """([parts, written]) => {
                 const read = (html) => new DOMParser().parseFromString(html, "text/html").body;
                 const shown = (cell) => [...cell.querySelectorAll(".jp-OutputArea-output")];
                 const cells = written?.map((html) => [read(html)]) ?? [...document.querySelectorAll(".jp-CodeCell")].map(shown);
                 return cells.map((outputs) => Object.fromEntries(Object.entries(parts).map(([name, selector]) =>
                   [name, outputs.reduce((sum, output) => sum + output.querySelectorAll(selector).length, 0)])));
               }""", [PARTS, written])

    def red(self):
        """The numbers of the code cells that show something red: an error, stderr, or a cell that was stopped."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll(".jp-CodeCell")].flatMap((cell, index) =>
                 [...cell.querySelectorAll(".jp-OutputArea-output")].some((output) =>
                   /stderr|error/.test(output.dataset.mimeType ?? "") || output.textContent.startsWith("stopped:"))
                 ? [index + 1] : [])""")

    def theme(self, name):
        self.command("apputils:change-theme", theme=THEMES[name])
        self.page.wait_for_selector(f"body[data-jp-theme-name='{THEMES[name]}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.until(lambda: self.page.evaluate("getComputedStyle(document.body).getPropertyValue('--jp-layout-color0')"),
                   20, "the theme was not loaded")

    def width(self, pixels, height=HEIGHT):
        self.page.set_viewport_size({"width": pixels, "height": height})
        # JupyterLab lays itself out anew after this.
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def looks(self):
        """What is wrong with how the outputs look."""
        seen = self.page.evaluate(LOOKS, all(self.page.evaluate(f"{CODE_CELLS}.map((cell) => cell.trusted)")))
        assert seen["texts"], "no output has a text: the check has seen nothing"
        return seen["problems"]

    def picture(self, file, width):
        """The whole lesson as one picture."""
        file.parent.mkdir(parents=True, exist_ok=True)
        tall = self.page.evaluate("document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollHeight")
        # Chromium draws no picture higher than this.
        self.width(width, min(tall + 200, 16_000))
        self.page.evaluate("document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollTop = 0")
        self.page.screenshot(path=file)
        self.width(width)
