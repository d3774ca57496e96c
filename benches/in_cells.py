"""`set_passwords` in a cell against one hash at a time on every core, in the kernel's own build profile; part of `make bench`."""

import os
import re
import sys
from pathlib import Path

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[1]
os.environ["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")
IN_A_CELL = """
let users = generate_users("bench", "uni.test", 1000).or_stop();
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


def main():
    manager, kernel = start_new_kernel(kernel_name="rust", startup_timeout=300, cwd=str(ROOT / "notebooks"))
    run(kernel, ":cache 1024\n:dep ..")
    run(kernel, "use auth0_bulk_users::*;")
    abreast, alone = map(float, re.search(r"measured (\S+) (\S+)", run(kernel, IN_A_CELL)).groups())
    manager.shutdown_kernel(now=True)
    print(f"1,000 users through set_passwords in a cell: {abreast:.0f} a second; one at a time on every core {alone:.0f}: {abreast / alone:.2f} times")


if __name__ == "__main__":
    main()
