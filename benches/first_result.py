"""What a reader waits for before the first result, in the real kernel; part of `make bench`. Three ways to have a kernel, turn and turn about:

1. as `make setup` prepares it;
2. this crate, in a kernel that compiles crates from evcxr's cache in an empty folder: as it was before kernels were prepared;
3. a crate without any dependency, in a kernel that was registered by hand: what evcxr itself costs.

For each: from the kernel's start to the first result; from the first key press, when the kernel is ready, to the first result; and from a first mistake to what
is wrong with it. The second way is so slow at a first mistake that it is asked once alone.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from in_cells import run
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[1]
FIRST = ":clear\n:cache 1024\n:dep .."
RESULT = 'use auth0_bulk_users::*;\nlet users = generate_users("bench", "example.com", 3).or_stop();\nusers'
MINIMAL = "let one = minimal::one();\none"
MISTAKE = "let mistake = no_such_name;"
# As `make setup` wrote it before.
BEFORE = """[profile.dev]
lto = "off"
debug-assertions = false
[profile.dev.package.auth0-bulk-users]
incremental = false
"""


class Way:
    def __init__(self, name, folder, spec, first, result, cwd=ROOT / "notebooks"):
        self.name, self.specs, self.first, self.result, self.cwd = name, folder / name.replace(" ", "-"), first, result, cwd
        (self.specs / "rust").mkdir(parents=True)
        (self.specs / "rust" / "kernel.json").write_text(json.dumps(spec))
        self.best = {}

    def measure(self, mistake):
        manager = KernelManager(kernel_name="rust")
        manager.kernel_spec_manager.kernel_dirs = [str(self.specs)]
        began = time.perf_counter()
        manager.start_kernel(cwd=str(self.cwd), stdout=open(os.devnull, "w"), stderr=open(os.devnull, "w"))
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=300)
            ready = time.perf_counter()
            run(client, self.first)
            if mistake:
                self.keep("a first mistake", seconds(lambda: failing(client)))
                return
            assert run(client, self.result), "the cell shows a result"
            self.keep("start to first result", time.perf_counter() - began)
            self.keep("key press to first result", time.perf_counter() - ready)
        finally:
            manager.shutdown_kernel(now=True)

    def keep(self, what, seconds):
        self.best[what] = min(seconds, self.best.get(what, seconds))


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def failing(client):
    try:
        run(client, MISTAKE)
    except RuntimeError:
        return
    raise AssertionError("the mistake compiled")


def ways(folder):
    registered = json.loads((Path(sys.prefix) / "share" / "jupyter" / "kernels" / "rust" / "kernel.json").read_text())
    by_hand = registered | {"argv": [shutil.which("evcxr_jupyter"), "--control_file", "{connection_file}"]}
    builds = folder / "builds"
    (builds / ".cargo").mkdir(parents=True)
    (builds / ".cargo" / "config.toml").write_text(BEFORE)
    minimal = folder / "minimal"
    (minimal / "src").mkdir(parents=True)
    (minimal / "Cargo.toml").write_text('[package]\nname = "minimal"\nversion = "0.1.0"\nedition = "2024"\n[lib]\ncrate-type = ["lib", "dylib"]\n')
    (minimal / "src" / "lib.rs").write_text("pub fn one() -> u32 { 1 }\n")
    return [
        Way("as prepared", folder, registered, FIRST, RESULT),
        Way("as before", folder, by_hand | {"env": {"TMPDIR": str(builds)}}, FIRST, RESULT),
        Way("no dependency", folder, by_hand, f':clear\n:cache 1024\n:dep minimal = {{ path = "{minimal}" }}', MINIMAL, folder),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        prepared, before, minimal = everyone = ways(Path(folder))
        before.measure(mistake=False)  # fills evcxr's cache with this crate
        for _ in range(rounds):
            for way in everyone:
                way.measure(mistake=False)
            for way in (prepared, minimal):
                way.measure(mistake=True)
        before.measure(mistake=True)
    print(f"seconds, best of {rounds} in turn:")
    for what in prepared.best:
        print(f"  {what:<26}" + "".join(f"{way.name} {way.best[what]:6.1f}   " for way in everyone)
              + f"{prepared.best[what] / before.best[what]:.2f} times as before, {prepared.best[what] / minimal.best[what]:.2f} times no dependency", flush=True)


if __name__ == "__main__":
    main()
