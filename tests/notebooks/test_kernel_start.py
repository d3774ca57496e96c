"""How a kernel starts, in a project of the test's own whose crate has this one's name and no dependencies: what is prepared for it, when that
is used, and what is left over.

The project lies beside the toolchain where that can be written to, as in a home: cargo moves a cell's library one folder up, and its path to the
standard library is relative.
"""

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from gate import SETUP_CELL
from jupyter_client.manager import KernelManager
from runner import ROOT

EVCXR = shutil.which("evcxr_jupyter")
CRATE = """pub struct Users(pub usize);
pub trait OrStop { type Value; fn or_stop(self) -> Self::Value; }
impl<T> OrStop for Result<T, String> { type Value = T; fn or_stop(self) -> T { self.unwrap() } }
pub fn generate_users(_: &str, _: &str, many: usize) -> Result<Users, String> { Ok(Users(many * 1)) }
"""
MANIFEST = """[workspace]
exclude = [".venv"]
[package]
name = "auth0-bulk-users"
version = "0.1.0"
edition = "2024"
[lib]
crate-type = ["lib", "dylib"]
"""
USE = "use auth0_bulk_users::*;\nlet users = generate_users(\"a\", \"b\", 2).or_stop();\nusers.0"
LIMIT = 300


class Project:
    def __init__(self, folder):
        self.folder = folder
        (folder / "src").mkdir()
        (folder / "notebooks").mkdir()
        (folder / "Cargo.toml").write_text(MANIFEST)
        shutil.copy(ROOT / "build.rs", folder)
        (folder / "src" / "lib.rs").write_text('#[path = "users.rs"]\nmod users;\npub use users::*;\n')
        self.write(CRATE)
        shutil.copytree(ROOT / "kernel", folder / "kernel", ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["cargo", "generate-lockfile", "--offline"], cwd=folder, check=True, capture_output=True)

    @functools.cached_property
    def builds(self):
        """The kernel cannot build in a folder with a blank in its name, so it builds elsewhere."""
        return Path(subprocess.run(
            [sys.executable, "-c", "import folders; print(folders.BUILDS)"], cwd=self.folder / "kernel", capture_output=True, text=True, check=True).stdout.strip())

    def write(self, source):
        (self.folder / "src" / "users.rs").write_text(source)

    def make(self):
        """What `make setup` says of it; empty when there was nothing to do."""
        made = subprocess.run([sys.executable, self.folder / "kernel" / "template.py", EVCXR], capture_output=True, text=True, timeout=LIMIT)
        assert made.returncode == 0, made.stderr
        *news, room = made.stdout.splitlines()
        assert "MB on the disk" in room
        return "\n".join(news)

    def made(self):
        return (self.builds / "template" / "made-with.json").stat().st_mtime_ns

    def folders(self):
        """Of kernels that run, or did."""
        return [path for path in (self.builds / "kernels").glob("*") if path.is_dir()]

    @contextlib.contextmanager
    def kernel(self, **env):
        kernel = Kernel(self, env)
        try:
            yield kernel
        finally:
            kernel.manager.shutdown_kernel(now=True)
            kernel.client.stop_channels()


class Kernel:
    def __init__(self, project, env):
        specs = Path(tempfile.mkdtemp(dir=project.folder))
        command = [sys.executable, "-E", "-s", "-S", str(project.folder / "kernel" / "launch.py"), EVCXR, "{connection_file}"]
        (specs / "rust").mkdir()
        (specs / "rust" / "kernel.json").write_text(json.dumps(
            {"argv": command, "display_name": "Rust", "language": "rust", "interrupt_mode": "message"}))
        self.log = specs / "log"
        self.manager = KernelManager(kernel_name="rust")
        self.manager.kernel_spec_manager.kernel_dirs = [str(specs)]
        # Open for a restart.
        log = open(self.log, "w")
        self.manager.start_kernel(cwd=str(project.folder / "notebooks"), env=os.environ | env, stdout=log, stderr=log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT)

    def run(self, code):
        """What the cell shows, or says is wrong."""
        texts = []

        def keep(message):
            content = message["content"]
            texts.extend(content.get("traceback", []))
            texts.append(content.get("text") or content.get("data", {}).get("text/plain") or "")

        self.client.execute_interactive(code, timeout=LIMIT, output_hook=keep)
        return "".join(texts).strip()

    def said(self):
        return self.log.read_text()

    def pid(self):
        return self.manager.provisioner.process.pid


def until(true):
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit, "not within a minute"
        time.sleep(0.05)


def alive(group):
    """The processes of a group that are not dead and waiting for somebody to ask how they died."""
    processes = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in processes if line.split()[0] == str(group) and "Z" not in line.split()[1]]


@pytest.fixture(scope="module")
def project():
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    beside = Path(sysroot).parents[1]
    place = beside if os.access(beside, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="project-", dir=place) as folder:
        project = Project(Path(folder).resolve())
        assert "the kernel template" in project.make()
        yield project


def test_a_lessons_first_cells_find_everything_done_and_nothing_shows(project):
    # What a kernel left whose machine went down.
    (project.builds / "kernels" / "left-over" / "target").mkdir(parents=True)
    with project.kernel() as kernel:
        [folder] = project.folders()
        assert folder.name != "left-over"
        assert (folder / "warm").exists()
        assert kernel.run(":vars") == ""
        assert kernel.run(SETUP_CELL) == "cache: 1024 MiB"
        assert kernel.run(USE) == "2"
        assert "Compiling auth0" not in kernel.said()
        # What the first of all mistakes costs: every crate is checked, which the template holds.
        assert "no_such_name" in kernel.run("let wrong = no_such_name;")
        checked = [path for path in folder.rglob("libauth0*.rmeta") if path.stat().st_mtime_ns > (folder / "warm").stat().st_mtime_ns]
        assert checked == []
    until(lambda: project.folders() == [])


def test_each_kernel_has_a_folder_of_its_own_and_leaves_none(project):
    with contextlib.ExitStack() as running:
        kernels = [running.enter_context(project.kernel()) for _ in range(4)]
        assert len(project.folders()) == 4
        for number, kernel in enumerate(kernels):
            kernel.run(SETUP_CELL)
            kernel.run(f"use auth0_bulk_users::*;\nlet users = generate_users(\"a\", \"b\", {number}).or_stop();")
        assert [kernel.run("users.0") for kernel in kernels] == ["0", "1", "2", "3"]
        # As JupyterLab ends one that does not end by itself; as a system does that runs out of memory; as JupyterLab ends one.
        os.killpg(kernels[0].pid(), signal.SIGKILL)
        os.kill(kernels[1].pid(), signal.SIGKILL)
        kernels[2].client.execute("loop {}")
        group = kernels[2].pid()
        kernels[2].manager.shutdown_kernel(now=False)
        until(lambda: len(project.folders()) == 1)
        # What its cell was still doing has ended with it.
        until(lambda: not alive(group))
        kernels[3].manager.restart_kernel(now=True)
        kernels[3].client.wait_for_ready(timeout=LIMIT)
        kernels[3].run(SETUP_CELL)
        assert kernels[3].run(USE) == "2"
    until(lambda: project.folders() == [])


def test_the_template_is_made_anew_when_what_it_depends_on_changed_and_only_then(project):
    made = project.made()
    assert project.make() == ""
    os.utime(project.folder / "src" / "users.rs")
    assert project.make() == ""
    assert project.made() == made
    project.write(CRATE.replace("many * 1", "many * 10"))
    # Before it is made anew, this crate is compiled as ever, and all else is as prepared.
    with project.kernel() as kernel:
        kernel.run(SETUP_CELL)
        assert kernel.run(USE) == "20"
        assert "make setup" not in kernel.said()
    assert "only this crate" in project.make()
    with project.kernel() as kernel:
        kernel.run(SETUP_CELL)
        assert kernel.run(USE) == "20"
        assert "Compiling auth0" not in kernel.said()
    manifest = project.folder / "Cargo.toml"
    manifest.write_text(MANIFEST + "# a change\n")
    assert "Cargo.toml or Cargo.lock changed" in project.make()


def test_a_crate_that_does_not_compile_is_seen_in_the_first_cell(project):
    project.write(CRATE + "compile_error!(\"broken\");\n")
    try:
        with project.kernel() as kernel:
            assert "broken" in kernel.run(SETUP_CELL)
            assert "the warm-up failed" in kernel.said()
            project.write(CRATE)
            kernel.run(SETUP_CELL)
            assert kernel.run(USE) == "2"
    finally:
        project.write(CRATE)


def test_what_was_written_into_the_template_is_not_used(project):
    project.make()
    [fingerprint, *_] = (project.builds / "template").rglob(".fingerprint/*/*")
    fingerprint.write_bytes(fingerprint.read_bytes())
    with project.kernel() as kernel:
        assert "compiled again" in kernel.said()
        kernel.run(SETUP_CELL)
        assert kernel.run(USE) == "2"
    assert "compiled again" in project.make()


def test_a_reader_s_own_configuration_is_heeded(project, tmp_path):
    (tmp_path / "prelude.rs").write_text("let mine = 7;\n")
    with project.kernel(EVCXR_CONFIG_DIR=str(tmp_path)) as kernel:
        assert kernel.run("mine") == "7"


def copied(project, folder, ignore):
    shutil.copytree(project.folder, folder, symlinks=True, ignore=shutil.ignore_patterns(ignore))
    copy = object.__new__(Project)
    copy.folder = folder
    return copy


def test_a_project_that_was_moved_says_so_and_works(project, tmp_path):
    moved = copied(project, tmp_path / "moved", "kernels")
    with moved.kernel() as kernel:
        assert "the project's folder changed since: `make setup` prepares it again" in kernel.said()
        kernel.run(SETUP_CELL)
        assert kernel.run(USE) == "2"
        assert "the project's folder" in kernel.run('std::env::var("AUTH0_BULK_USERS_KERNEL_NOTE").unwrap()')


def test_a_project_in_a_path_with_a_blank(project, tmp_path, monkeypatch):
    """evcxr hands the path of a cell's library on as one word."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy = copied(project, tmp_path / "with a blank", ".venv")
    assert "nothing is prepared yet" in copy.make()
    with copy.kernel() as kernel:
        kernel.run(SETUP_CELL)
        assert kernel.run(USE) == "2"
        assert kernel.said().count("make setup") == 0
    # What was built for a project that is gone goes with the next kernel of any other.
    shutil.rmtree(copy.folder)
    with project.kernel():
        assert [*(tmp_path / "cache").glob("auth0-bulk-users/*")] == []
