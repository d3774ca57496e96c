"""What a reader waits for in a notebook, measured in the real kernel; part of `make bench`.

1. From the start of a kernel to the first result, warm: this crate against one that does nothing but depend on the same
   HTTP client and TLS, turn and turn about.
2. `set_passwords` in a cell against one hash at a time on every core, in the kernel's own build profile.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[1]
os.environ["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")
FIRST = 'use auth0_bulk_users::*;\nlet users = generate_users("bench", "test.edu", 3).or_stop();\nusers'
MINIMAL = "let one = minimal::one();\none"
IN_A_CELL = """
let users = generate_users("bench", "test.edu", 1000).or_stop();
let began = std::time::Instant::now();
let abreast = set_passwords(&users, Passwords::SameAsUsername).or_stop();
let seconds_abreast = began.elapsed().as_secs_f64();
let cores = std::thread::available_parallelism().map_or(1, usize::from);
let began = std::time::Instant::now();
std::thread::scope(|scope| { for _ in 0..cores { scope.spawn(|| { for _ in 0..100 { hash_password("a password").or_stop(); } }); } });
let seconds_one_by_one = began.elapsed().as_secs_f64();
println!("measured {} {}", abreast.len() as f64 / seconds_abreast, 100.0 * cores as f64 / seconds_one_by_one);
"""


def run(kernel, code):
    """The texts a cell shows."""
    texts = []

    def keep(message):
        content = message["content"]
        texts.append(content.get("text") or content.get("data", {}).get("text/plain") or "")
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))

    kernel.execute_interactive(code, timeout=900, output_hook=keep)
    return "".join(texts)


def first_result(crate, path, code):
    """Seconds from the start of a kernel to the first result."""
    began = time.perf_counter()
    manager, kernel = start_new_kernel(kernel_name="rust", startup_timeout=120, cwd=str(ROOT / "notebooks"))
    try:
        run(kernel, f':clear\n:cache 1024\n:dep {crate} = {{ path = "{path}" }}')
        assert run(kernel, code), "the cell shows a result"
        return time.perf_counter() - began
    finally:
        manager.shutdown_kernel(now=True)


def minimal(folder):
    """A crate with this one's HTTP client and TLS, and nothing else."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True)
    wanted = {"reqwest", "rustls", "rustls-platform-verifier", "idna_adapter", "serde", "serde_json"}
    lines = ['[package]', 'name = "minimal"', 'version = "0.1.0"', 'edition = "2024"', '[lib]', 'crate-type = ["lib", "dylib"]', '[dependencies]']
    for dependency in json.loads(metadata.stdout)["packages"][0]["dependencies"]:
        if dependency["name"] in wanted and dependency["kind"] is None:
            lines.append(
                f'{dependency["name"]} = {{ version = "{dependency["req"]}", default-features = {str(dependency["uses_default_features"]).lower()}, '
                f'features = {json.dumps(dependency["features"])} }}')
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text("\n".join(lines) + "\n")
    (folder / "src" / "lib.rs").write_text("pub fn one() -> u32 { 1 }\npub use reqwest;\npub use rustls;\n")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--other", type=Path, help="another copy of this crate, to compare with instead of the minimal one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.other:
            other = ("auth0-bulk-users", arguments.other.resolve(), FIRST)
        else:
            other = ("minimal", minimal(Path(folder)), MINIMAL)
        sides = {"this crate": ("auth0-bulk-users", ROOT, FIRST), "the other": other}
        best = {}
        for name, side in sides.items():
            first_result(*side)  # fills the kernel's cache of crates
        for _ in range(arguments.rounds):
            for name, side in sides.items():
                best[name] = min(best.get(name, 1e9), first_result(*side))
    print("from kernel start to the first result, warm, best of", arguments.rounds, "in turn:")
    for name, seconds in best.items():
        print(f"  {name:<12} {seconds:5.1f} s")
    print(f"  ratio {best['this crate'] / best['the other']:.2f}", flush=True)

    manager, kernel = start_new_kernel(kernel_name="rust", startup_timeout=120, cwd=str(ROOT / "notebooks"))
    run(kernel, ":cache 1024\n:dep ..")
    run(kernel, "use auth0_bulk_users::*;")
    abreast, alone = map(float, re.search(r"measured (\S+) (\S+)", run(kernel, IN_A_CELL)).groups())
    manager.shutdown_kernel(now=True)
    print(f"1,000 users through set_passwords in a cell: {abreast:.0f} a second; one at a time on every core {alone:.0f}: {abreast / alone:.2f} times")


if __name__ == "__main__":
    main()
