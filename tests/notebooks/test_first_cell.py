"""What goes wrong with a first cell, in the kernel's words, which README explains; and what README says to do."""

import os

import gate
import nbformat
from runner import ROOT, SETUP_CELL, client

README = (ROOT / "README.md").read_text(encoding="utf-8")
NO_NETWORK = {"CARGO_HTTP_PROXY": "http://127.0.0.1:9", "CARGO_NET_RETRY": "0"}


def run(folder, *sources, **env):
    """The texts under each cell, run in a kernel that was started in the folder."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client(notebook).execute(cwd=str(folder), env=os.environ | env)
    return ["\n".join(text for _, text in gate.texts(cell)) for cell in notebook["cells"]]


def explained(words, said):
    assert words in said, said
    assert f"`{words}`" in README


def test_a_notebook_in_another_folder_finds_no_crate(tmp_path):
    first, second = run(tmp_path, SETUP_CELL, "use auth0_bulk_users::*;")
    explained("No such file or directory", first)
    explained("unresolved import", second)


def test_without_a_network_and_without_the_crates_the_first_cell_says_so(tmp_path):
    [first] = run(ROOT / "notebooks", SETUP_CELL, CARGO_HOME=str(tmp_path), **NO_NETWORK)
    explained("failed to get", first)
    explained("Could not connect to server", first)


def test_a_whole_path_in_the_first_cell_and_crates_that_are_here_already_are_enough(tmp_path):
    first = SETUP_CELL.replace("..", str(ROOT))
    _, value = run(tmp_path, first, "auth0_bulk_users::BCRYPT_COST", CARGO_NET_OFFLINE="true", **NO_NETWORK)
    assert value == "10"
    assert "CARGO_NET_OFFLINE=true make lab" in README
