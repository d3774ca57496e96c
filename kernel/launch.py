"""Starts a kernel; `kernel.json` names this.

The kernel gets a build folder of its own in which all crates are compiled, and has read them when it answers for the first time: that takes
some seconds, in which the reader reads. The folder goes when the kernel does, however it ends.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import evcxr
import folders
import template
from folders import ROOT

# Everything that a reader could see of the warm-up goes; what has been read and compiled stays.
FORGET = """:clear
!touch "$EVCXR_TMPDIR/warm"
"""
# A warm-up takes seconds. One that waits for something is given up, and the first cell waits for it where the reader sees it.
LIMIT = 300


def main():
    program, connection = sys.argv[1:]
    # What the kernel starts ends with it, and whoever started this process does not.
    with contextlib.suppress(PermissionError):
        os.setpgid(0, 0)
    folders.sweep()
    folder, lock = folders.new()
    open_to_the_end = leave_to_undertaker(folder, lock)
    code = run(program, connection, folder)
    open_to_the_end.close()
    sys.exit(code)


def run(program, connection, folder):
    """Runs a kernel in the folder to its end; gives the code that it ended with."""
    toolchain = evcxr.toolchain()
    lacking = prepare(folder, template.state(program, toolchain))
    env = evcxr.environment(folder, toolchain["libraries"])
    command = [program, "--control_file", connection]
    if lacking:
        tell(env, lacking)
    elif may_warm_up(env):
        code = run_warm(command, evcxr.executing_first(folder, env, FORGET), folder / "warm")
        if code is not None:
            return code
        # A kernel whose warm-up fails ends. The first cell will fail the same way, before the reader's eyes.
        tell(env, "the warm-up failed, so the first cell does all of its work itself")
    return subprocess.call(command, env=env, stdin=subprocess.DEVNULL)


def prepare(folder, state):
    """Clones the template; otherwise gives the reason why there is none to clone."""
    with folders.locked("template"):
        reason = template.lacking(state)
        if not reason and not folders.clone(folders.TEMPLATE, folder, with_this_crate=template.of_this_source(state)):
            reason = template.DAMAGED
    return reason


def may_warm_up(env):
    """Whether the first cell is a lesson's, as far as can be told, and the reader has no configuration of evcxr of his own."""
    config = Path(env.get("EVCXR_CONFIG_DIR") or users_configuration())
    own = [Path("evcxr.toml"), *(config / name for name in ("evcxr.toml", "init.evcxr", "prelude.rs"))]
    return "RUST_SRC_PATH" in env and Path.cwd().resolve() == ROOT / "notebooks" and not any(path.exists() for path in own)


def users_configuration():
    """Where evcxr looks for the reader's configuration."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "evcxr"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evcxr"


def run_warm(command, env, warm):
    """Runs a kernel that warms itself up to its end; gives the code that it ended with, or nothing when it ended before it was warm."""
    kernel = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)
    try:
        kernel.wait(LIMIT)
    except subprocess.TimeoutExpired:
        if not warm.exists():
            kernel.kill()
    code = kernel.wait()
    return code if warm.exists() else None


def tell(env, reason):
    """To whoever looks at the kernel's log, and to the reader when a tenant is opened."""
    print(f"the kernel starts without what `make setup` prepares: {reason}", file=sys.stderr, flush=True)
    env["AUTH0_BULK_USERS_KERNEL_NOTE"] = reason


def leave_to_undertaker(folder, lock):
    """Starts a process that waits for the end of this one, killed or not, ends what it left running, and removes the folder."""
    command = [sys.executable, "-E", "-s", "-S", __file__, "--bury", str(os.getpid()), str(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[lock.fileno()], start_new_session=True, cwd="/")
    lock.close()
    # It reads this pipe to its end, which comes when this process ends.
    return process.stdin


def bury(group, folder):
    sys.stdin.read()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    folders.remove(Path(folder))


if __name__ == "__main__":
    if sys.argv[1] == "--bury":
        bury(int(sys.argv[2]), sys.argv[3])
    else:
        main()
