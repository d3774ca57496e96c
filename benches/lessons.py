"""What a reader waits for at each cell of the lessons besides what the cell itself does, measured in the real kernel on
the practice tenant; part of `make bench`.

The kernel compiles each cell into a library `libcode_N.so` in its build folder and renames it to that name when the
compiler is done; then it loads and runs it. The status time of that file is thus the moment at which compiling ends and
the cell's own run begins: nothing is added to the cell for the measurement. What counts as compiling begins with the
request, so it holds rust-analyzer's and cargo's work too, and every attempt where the kernel makes several.

A lesson's first two cells are apart: they build the crate and find the first type, which `in_cells.py` measures. No later
cell may build a crate anew, which the libraries in that folder tell too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from in_cells import run
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[1]
os.environ["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")


@dataclass
class Cell:
    lesson: str
    number: int
    source: str
    first: bool
    compiling: float
    running: float
    crates: list


class Kernel:
    """A kernel and the folder it builds in."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(
            kernel_name="rust", startup_timeout=300, cwd=str(ROOT / "notebooks"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.executed = 0
        self.folder = None

    def execute(self, code):
        """The texts a cell shows."""
        return run(self.client, code)

    def timed(self, lesson, number, source):
        """Executes a cell of a lesson."""
        asked = time.time()
        shown = self.execute(source)
        ended = time.time()
        if shown.startswith("stopped: "):
            raise RuntimeError(f"{lesson}, cell {number}: {shown}")
        if self.folder is None:
            self.folder = Path(self.execute(":last_compile_dir").strip())
        changed = {file.name: file.stat().st_ctime for file in self.folder.glob("target/*/debug/deps/*")}
        compiled = max((at for name, at in changed.items() if "code_" in name), default=asked)
        crates = [name for name, at in changed.items() if name.endswith(".rlib") and at >= asked]
        self.executed += 1
        return Cell(lesson, number, source, self.executed <= 2, compiled - asked, ended - compiled, crates)

    def stop(self):
        self.manager.shutdown_kernel(now=True)


def lesson_cells(path):
    """Runs a lesson as a reader does, and gives its cells with their times."""
    notebook = nbformat.read(path, as_version=4)
    sources = [(cell["source"], cell["metadata"].get("tags", [])) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kernel = Kernel()
    cells = []
    for number, (source, tags) in enumerate(sources, start=1):
        if "after-restart" in tags:
            kernel.stop()
            kernel = Kernel()
            for again, (earlier, its_tags) in enumerate(sources[:number], start=1):
                if "setup" in its_tags:
                    cells.append(kernel.timed(path.stem, again, earlier))
        cells.append(kernel.timed(path.stem, number, source))
    kernel.stop()
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="list every cell")
    arguments = parser.parse_args()
    later = []
    for path in arguments.lessons or sorted((ROOT / "notebooks").glob("*.ipynb")):
        began = time.perf_counter()
        cells = lesson_cells(path)
        seconds = time.perf_counter() - began
        later += [cell for cell in cells if not cell.first]
        print(f"{path.stem:<22} {seconds:4.0f} s, of which {sum(cell.running for cell in cells):4.0f} s the cells' own", flush=True)

    times = sorted(cell.compiling for cell in later)
    print(f"compile time of the {len(later)} later cells: median {statistics.median(times):.2f} s, most {times[-1]:.2f} s; the slowest:")
    slowest = sorted(later, key=lambda cell: -cell.compiling)
    for cell in slowest if arguments.all else slowest[:10]:
        print(f"  {cell.compiling:.2f} s  {cell.lesson} cell {cell.number}: {cell.source.strip().splitlines()[-1][:80]}")
    again = sorted({name for cell in later for name in cell.crates})
    print("crates built anew by a later cell:", ", ".join(again) or "none")


if __name__ == "__main__":
    main()
