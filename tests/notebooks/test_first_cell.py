"""What goes wrong with a first cell, in the kernel's words, which README explains; and what README says to do."""

import os
import re
import shutil
from pathlib import Path

import gate
import nbformat
from gate import SETUP_CELL
from jupyter_client.manager import start_new_kernel
from runner import ROOT, client

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


def test_a_second_run_begins_without_the_values_of_the_first():
    *_, earlier, _, later = run(ROOT / "notebooks", SETUP_CELL, "let earlier = 1;\nearlier", SETUP_CELL, "earlier")
    assert earlier == "1"
    assert "cannot find value `earlier`" in re.sub(r"\x1b\[[\d;]*m", "", later)


def test_the_kernel_keeps_the_crate_and_takes_it_anew_when_it_changed(tmp_path):
    """With a crate of this one's name and build script: what is kept is shared by every kernel of this user."""
    crate = tmp_path / "crate"
    (crate / "src" / "deeper").mkdir(parents=True)
    shutil.copy(ROOT / "build.rs", crate)
    (crate / "Cargo.toml").write_text(
        '[package]\nname = "auth0-bulk-users"\nversion = "0.1.0"\nedition = "2024"\n[lib]\ncrate-type = ["lib", "dylib"]\n')
    (crate / "src" / "lib.rs").write_text('#[path = "deeper/state.rs"]\npub mod state;\n')
    state = crate / "src" / "deeper" / "state.rs"
    first = SETUP_CELL.replace("..", str(crate))

    def shown():
        said, value = run(tmp_path, first, "auth0_bulk_users::state::IT", XDG_CACHE_HOME=str(tmp_path / "kept"))
        return value

    def kept():
        """How often each state that was kept has been taken again."""
        arguments = (tmp_path / "kept").glob("evcxr/*/meta")
        return sorted(int((file.parent / "hits").read_text()) for file in arguments if 'source="' in file.read_text())

    state.write_text("pub const IT: u32 = 1;\n")
    assert shown() == "1"
    assert kept() == [0]
    state.write_text("pub const IT: u32 = 2;\n")
    assert shown() == "2"
    assert kept() == [0, 0]
    state.write_text("pub const IT: u32 = 1;\n")
    assert shown() == "1"
    assert kept() == [0, 1]


def test_names_and_types_of_this_crate_are_known_to_the_analysis():
    """It does not see the crates that no signature names."""
    manager, client = start_new_kernel(kernel_name="rust", startup_timeout=300, cwd=str(ROOT / "notebooks"))
    try:
        for source in (SETUP_CELL, 'use auth0_bulk_users::*;\nlet options = ImportOptions::default();\nlet texts = vec![String::new()];'):
            client.execute_interactive(source, timeout=300)
        for begun, whole in (("generate_us", "generate_users("), ("options.", "skip_bad_rows"), ("Tenant::", "from_env()"), ("texts[0].push", "push_str(")):
            offered = client.complete(begun, len(begun), reply=True, timeout=300)["content"]["matches"]
            assert any(name.startswith(whole) for name in offered), f"{begun}: {offered}"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
