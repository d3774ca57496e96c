"""Runs notebooks in the real kernel, shows the outputs as they come, and reads them."""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parent))
import gate  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# The kernel registered for this environment, and no other.
os.environ["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")


def client(notebook, **settings):
    return NotebookClient(
        notebook, kernel_name="rust", timeout=900, startup_timeout=300, coalesce_streams=True,
        record_timing=False, allow_errors=True, resources={"metadata": {"path": str(ROOT / "notebooks")}}, **settings)


def execute(notebook, say=False):
    """Runs every cell, on after a failure as "Run All" does, and gives the notebook with its outputs."""
    async def started(cell, cell_index):
        if "after-restart" in gate.tags(cell):
            await restart(cell_index)
        if say and cell["cell_type"] == "code":
            print("\n" + "\n".join(f"    {line}" for line in cell["source"].splitlines()), flush=True)

    def done(cell, cell_index, execute_reply):
        if say:
            for kind, text in gate.texts(cell):
                if kind in ("text/plain", "stdout", "stderr", "error"):
                    print(text.rstrip(), flush=True)

    async def restart(index):
        """What the lesson asks the reader to do: restart the kernel, and run the cells tagged `setup` again."""
        await running.km.restart_kernel(now=True)
        await running.kc.wait_for_ready(timeout=300)
        for cell in notebook["cells"][:index]:
            if "setup" in gate.tags(cell):
                await running.kc.execute_interactive(cell["source"], timeout=900, output_hook=lambda message: None)

    running = client(notebook, on_cell_start=started, on_cell_executed=done)
    running.execute()
    return normalised(notebook)


def normalised(notebook):
    """Leaves out what changes from run to run and says nothing."""
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            cell["execution_count"] = number
            cell["metadata"].pop("execution", None)
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = number
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
        "language_info": {"file_extension": ".rs", "mimetype": "text/rust", "name": "Rust", "pygment_lexer": "rust"},
    }
    return notebook


def save(notebook, folder, name):
    from nbconvert import HTMLExporter

    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / name)
    html, _ = HTMLExporter().from_notebook_node(notebook)
    (folder / name).with_suffix(".html").write_text(html, encoding="utf-8")
    print(f"\nwritten: {folder.name}/{name} and the same as HTML")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, help="folder for the executed notebook and its HTML")
    parser.add_argument("--write", action="store_true", help="write the outputs into the notebook itself")
    arguments = parser.parse_args()
    problems = []
    for path in arguments.notebooks:
        began = time.monotonic()
        print(f"== {path.name}", flush=True)
        notebook = execute(nbformat.read(path, as_version=4), say=True)
        found = [f"{path.name}: {problem}" for problem in gate.output_problems(notebook)]
        problems += found
        if arguments.write and not found:
            nbformat.write(notebook, path)
        if arguments.out:
            save(notebook, arguments.out, path.name)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
