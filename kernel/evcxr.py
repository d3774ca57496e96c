"""How evcxr is started: its environment, and what it executes before it answers for the first time.

evcxr reads `init.evcxr` and then `prelude.rs` from its configuration folder and executes both as cells. Nothing of them is shown, they may
print nothing, and a failure ends the kernel.
"""

import os
import subprocess

import folders

# What a lesson's first two cells do, so that they find it done. evcxr's own first evaluation, `42`, needs no crate: it empties the lock file,
# and would spend two seconds on reading a standard library that it reads anew with the first crate. So it finds none.
FIRST_CELLS = """!cp "$EVCXR_TMPDIR/ready.lock" "$EVCXR_TMPDIR/Cargo.lock"
!rm -r "$RUST_SRC_PATH" && ln -s "$STANDARD_LIBRARY" "$RUST_SRC_PATH"
:cache 1024
:dep ..
use auth0_bulk_users::*;
let users = generate_users("warm", "example.com", 1).or_stop();
"""


def toolchain():
    """The compiler, and where it and its libraries are."""
    def ask(*question):
        return subprocess.run(["rustc", *question], capture_output=True, text=True, check=True).stdout

    sysroot, libraries = ask("--print", "sysroot", "--print", "target-libdir").splitlines()
    return {"version": ask("-vV"), "sysroot": sysroot, "libraries": libraries}


def environment(folder, libraries):
    """For a kernel that builds in the folder; `libraries` is the toolchain's folder of them."""
    env = dict(os.environ)
    # Flags from outside would hide those of the configuration above the folder; evcxr sets its own for what it compiles.
    for name in ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"):
        env.pop(name, None)
    # With it evcxr would register itself anew over this project's kernel after an update.
    env.pop("JUPYTER_PATH", None)
    env["EVCXR_TMPDIR"] = str(folder)
    if folders.STANDARD_LIBRARY.exists():
        env["RUST_SRC_PATH"] = str(folders.STANDARD_LIBRARY)
    # A cell's library looks for the standard library by a path from its own folder, and cargo moves it one folder up: where project and
    # toolchain are below one folder, your home say, that path leads nowhere. So it is told where to look.
    for name in ("LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"):
        env[name] = os.pathsep.join(filter(None, [libraries, env.get(name)]))
    return env


def executing_first(folder, env, prelude):
    """The environment, changed so that the kernel executes the first cells and the prelude before it answers."""
    config, library = folder / "config", folder / "library"
    config.mkdir(exist_ok=True)
    (config / "init.evcxr").write_text(FIRST_CELLS)
    (config / "prelude.rs").write_text(prelude)
    # The analysis takes a folder with a `core` in it for the standard library.
    (library / "core").mkdir(parents=True)
    return env | {"EVCXR_CONFIG_DIR": str(config), "RUST_SRC_PATH": str(library), "STANDARD_LIBRARY": env.get("RUST_SRC_PATH", str(folders.STANDARD_LIBRARY))}
