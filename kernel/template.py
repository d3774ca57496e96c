"""The template of the folders that kernels build in: made by `make setup`, when something that it depends on has changed.

The kernel itself makes it, so that every compiler flag is the kernel's own: it executes a lesson's first cells in an empty folder, and then a
cell that does not compile. Before the kernel says what is wrong with such a cell it checks every crate once, which takes a minute; the
template holds the result of that too.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import evcxr
import folders
from folders import BUILDS, ROOT, STANDARD_LIBRARY, TEMPLATE

WRONG_CELL = "let wrong = no_such_name_anywhere;"
# What a cell's analysis looks up: types and methods of the standard library, and not what those are built on.
ANALYSED = ("core", "alloc", "std", "proc_macro", "test")
CONFIGURATION = """# Over the build profile of the kernel, which optimises crates a second time across their parts and adds the checks of a debug build.
[profile.dev]
lto = "off"
debug-assertions = false

# What is compiled incrementally the kernel does not keep. So it keeps this crate too, each state of its source by itself (build.rs).
[profile.dev.package.auth0-bulk-users]
incremental = false

# For the analysis of cells alone: the kernel sets flags of its own for what it compiles. Cargo.toml says what the analysis does not see.
[target.'cfg(all())']
rustflags = ["--cfg", "kernel_analysis"]
"""
MAKE_SETUP = "`make setup` prepares it again"
DAMAGED = f"one of its crates was compiled again, perhaps by a kernel with other settings: {MAKE_SETUP}"
THE_SOURCE = "the source"


def state(program, toolchain):
    """All that the template depends on, under the words in which a reader is told that it changed."""
    kernel = os.stat(program)
    return {
        "the project's folder": str(ROOT),
        "the Rust toolchain": toolchain["version"] + toolchain["sysroot"],
        "the kernel": [str(program), kernel.st_size, kernel.st_mtime_ns],
        "what prepares it": digest(Path(__file__).parent.glob("*.py")),
        "Cargo.toml or Cargo.lock": digest([ROOT / "Cargo.lock", ROOT / "Cargo.toml"]),
        THE_SOURCE: digest([ROOT / "build.rs", *(ROOT / "src").rglob("*.rs")]),
    }


def digest(files):
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(f"{file.relative_to(ROOT)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def made_with():
    try:
        return json.loads((TEMPLATE / folders.MADE_WITH).read_text())
    except (OSError, ValueError):
        return {}


def lacking(state):
    """Why no kernel can use the template, or nothing. The source may have changed: then only this crate is compiled again."""
    made = made_with()
    if not made:
        return "nothing is prepared yet: `make setup` does that"
    changed = [what for what in state if what != THE_SOURCE and made.get(what) != state[what]]
    return f"{' and '.join(changed)} changed since: {MAKE_SETUP}" if changed else None


def of_this_source(state):
    return made_with().get(THE_SOURCE) == state[THE_SOURCE]


def make(program):
    """Makes the template, unless it is there and current."""
    with folders.locked("making"):
        folders.sweep()
        toolchain = evcxr.toolchain()
        now = state(program, toolchain)
        reason = lacking(now) or (None if folders.undamaged(TEMPLATE) else DAMAGED)
        if reason is None and of_this_source(now):
            return
        began = time.monotonic()
        print(f"== the kernel template ({reason.split(':')[0] if reason else 'the source changed, so only this crate is compiled'})", flush=True)
        new, lock = folders.new()
        try:
            if reason is None:
                folders.clone(TEMPLATE, new, with_this_crate=False)
            else:
                shutil.copy(ROOT / "Cargo.lock", new / "ready.lock")
                copy_standard_library(Path(toolchain["sysroot"]))
                (BUILDS / ".cargo").mkdir(exist_ok=True)
                (BUILDS / ".cargo" / "config.toml").write_text(CONFIGURATION)
            execute_cells(program, new, toolchain["libraries"])
            (new / folders.MADE_WITH).write_text(json.dumps(now))
            with folders.locked("template"):
                shutil.rmtree(TEMPLATE, ignore_errors=True)
                new.rename(TEMPLATE)
            print(f"   {time.monotonic() - began:.0f} s")
        finally:
            folders.remove(new)
            lock.close()


def copy_standard_library(sysroot):
    source = sysroot / "lib" / "rustlib" / "src" / "rust" / "library"
    if not source.exists():
        sys.exit(f"the standard library's source is not in {source}: rustup component add rust-src")
    shutil.rmtree(STANDARD_LIBRARY, ignore_errors=True)
    not_analysed = shutil.ignore_patterns("Cargo.toml", "tests", "benches")
    for crate in ANALYSED:
        shutil.copytree(source / crate, STANDARD_LIBRARY / crate, ignore=not_analysed)


def execute_cells(program, folder, libraries):
    """Has the kernel execute the first cells and the wrong one, after which it ends by itself."""
    env = evcxr.executing_first(folder, evcxr.environment(folder, libraries), WRONG_CELL)
    connection = folder / "connection.json"
    ports = {f"{name}_port": 0 for name in ("control", "shell", "stdin", "hb", "iopub")}
    connection.write_text(json.dumps(ports | {"ip": "127.0.0.1", "transport": "tcp", "signature_scheme": "hmac-sha256", "key": "unused"}))
    said = []
    with subprocess.Popen(
            [program, "--control_file", connection], env=env, cwd=ROOT / "notebooks", text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as kernel:
        compiled = 0
        for line in kernel.stderr:
            said.append(line)
            compiled += line.strip().startswith("Compiling")
            if line.strip().startswith("Compiling") and compiled % 25 == 0:
                print(f"   {compiled} crates", flush=True)
    if not any("no_such_name_anywhere" in line for line in said):
        sys.exit(f"a lesson's first cells do not work:\n{''.join(said)}")
    (folder / "Cargo.lock").replace(folder / "ready.lock")
    for file in folder.iterdir():
        if file.name not in ("target", "ready.lock"):
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()


def room():
    """What is on the disk, in a sentence."""
    template, library = (round(folders.size(folder) / 1e6) for folder in (TEMPLATE, STANDARD_LIBRARY))
    return f"for kernels to begin with: {template + library} MB on the disk, and some 30 MB more for each while it runs"


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    print(room())
