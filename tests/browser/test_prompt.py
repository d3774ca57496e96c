"""A token given at a hidden prompt, as the README says under "Your own tenant": it works, and no file holds it."""

import subprocess

import nbformat
import pytest
from gate import SETUP_CELL
from lab import ROOT
from page import Lesson

# `evcxr_input` beside the crate, in the first cell: a later `:dep` can drop variables.
FIRST = f'{SETUP_CELL}\n:dep evcxr_input = "1"'
ASK = 'Tenant::new("{domain}", &evcxr_input::get_password("Management API token")).or_stop()'
CELL = "use auth0_bulk_users::*;\nlet tenant = " + ASK + ";\ntenant"
# What the kernel answers to a cell when nobody can be asked.
WITHOUT_STDIN = """async (code) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const texts = [];
  const future = kernel.requestExecute({ code, allow_stdin: false });
  future.onIOPub = ({ content }) => texts.push(content.data?.["text/plain"] ?? content.text ?? "");
  await future.done;
  return texts.join("");
}"""


@pytest.fixture
def tenant():
    """A practice tenant that clients take for a real one: its domain and a token."""
    program = ROOT / "target" / "release" / "practice-tenant"
    command = [program, "--port", "0", "--unmarked"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = dict(process.stdout.readline().strip().split("=", 1) for _ in range(6))
        yield lines["DOMAIN"], lines["MGMT_API_ACCESS_TOKEN"]
        process.kill()


def files_in(folder):
    return [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]


def files_that_hold(text, lab):
    """Among JupyterLab's files, and those beside the real notebooks, where kernels write."""
    files = files_in(lab.folder)
    assert any(file.suffix == ".ipynb" for file in files) and any(file.name == "lab.log" for file in files)
    return [str(file) for file in [*files, *files_in(ROOT / "notebooks")] if text.encode() in file.read_bytes()]


def test_a_token_from_a_hidden_prompt_works_and_is_in_no_file(lab, browser, tenant):
    domain, token = tenant
    cells = [nbformat.v4.new_code_cell(source) for source in (FIRST, CELL.format(domain=domain))]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook["metadata"]["kernelspec"] = {"display_name": "Rust", "language": "rust", "name": "rust"}
    nbformat.write(notebook, lab.notebooks / "prompt.ipynb")
    lesson = Lesson(browser, lab, "prompt.ipynb")
    lesson.menu("Run", "Run All Cells")
    prompt = lesson.page.locator("input.jp-Stdin-input")
    prompt.wait_for(timeout=300_000)
    assert prompt.get_attribute("type") == "password"
    assert lesson.page.locator(".jp-Stdin-prompt").text_content().strip() == "Management API token"
    prompt.fill(token)
    prompt.press("Enter")
    lesson.until(lesson.has_run, 60, "the cells did not end")
    card = lesson.page.locator(".jp-OutputArea-output", has_text="REAL TENANT")
    assert "read-only" in card.text_content()

    # The kernel forgets nothing that it was told: the tenant is there, and its answers hold no token.
    nobody_to_ask = lesson.page.evaluate(WITHOUT_STDIN, ASK.format(domain=domain))
    assert "stopped: " in nobody_to_ask and "is empty" in nobody_to_ask, nobody_to_ask
    lesson.save()
    lesson.command("docmanager:save")
    lesson.close()
    assert files_that_hold(token, lab) == []
