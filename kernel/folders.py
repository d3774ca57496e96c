"""Where kernels build, below `.venv/kernel-builds` or, when the path of that has a blank in it, in the user's cache:

    .cargo/config.toml     what cargo heeds in all that follow
    standard-library/      the part of the standard library's source that a cell's analysis needs
    template/              a build folder in which everything is compiled; `template.py` makes it
    kernels/<name>/        the build folder of one running kernel, a clone of the template
    kernels/<name>.lock    held as long as that kernel runs: a folder whose lock is free is left over
    project                in the cache: whose this is

Two kernels in one folder would run each other's code.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def users_cache():
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


# Builds of projects that lie in a path with a blank. evcxr hands the path of a cell's library on as one word.
ELSEWHERE = users_cache() / "auth0-bulk-users"
INSIDE = ROOT / ".venv" / "kernel-builds"
BUILDS = ELSEWHERE / hashlib.sha256(str(ROOT).encode()).hexdigest()[:12] if " " in str(INSIDE) else INSIDE
TEMPLATE = BUILDS / "template"
STANDARD_LIBRARY = BUILDS / "standard-library"
KERNELS = BUILDS / "kernels"
# In the template: what it was made with, which is written when all else is there.
MADE_WITH = "made-with.json"
# As cargo writes this crate's name into the names of what it compiles.
THIS_CRATE = ("auth0_bulk_users", "auth0-bulk-users")


@contextlib.contextmanager
def locked(name):
    """Waits for the lock of that name, and holds it."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    with open(BUILDS / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def new():
    """An empty folder for a kernel, and its lock, which is free when the last process that holds the file has closed it."""
    # Nobody sweeps between the making of the lock file and its locking.
    with locked("kernels"):
        KERNELS.mkdir(exist_ok=True)
        (BUILDS / "project").write_text(str(ROOT))
        folder = Path(tempfile.mkdtemp(dir=KERNELS))
        lock = open(lock_of(folder), "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def lock_of(folder):
    return folder.with_name(folder.name + ".lock")


def remove(folder):
    """For whoever holds the folder's lock."""
    shutil.rmtree(folder, ignore_errors=True)
    lock_of(folder).unlink(missing_ok=True)


def sweep():
    """Removes what kernels left that could not clean up: those of a machine that went down, say."""
    with locked("kernels"):
        for folder in KERNELS.glob("*/"):
            with open(lock_of(folder), "w") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
    for project in ELSEWHERE.glob("*/project"):
        if not Path(project.read_text()).exists():
            shutil.rmtree(project.parent, ignore_errors=True)
    # Kernels of earlier releases built here. One that has built nothing for a week runs no more.
    for folder in BUILDS.glob(".tmp*"):
        if folder.stat().st_mtime < time.time() - 7 * 86_400:
            shutil.rmtree(folder, ignore_errors=True)


def clone(template, folder, with_this_crate=True):
    """Fills a kernel's folder with what is compiled in the template, unless that is damaged: gives whether it is sound. Without this
    crate, cargo compiles it in the new folder anew, with what the compiler noted of its parts."""
    if not undamaged(template):
        return False
    now = time.time_ns()
    for where, inside, files in os.walk(template):
        inside[:] = [name for name in inside if not left_out(name, with_this_crate)]
        place = os.path.join(folder, os.path.relpath(where, template))
        os.makedirs(place, exist_ok=True)
        for name in files:
            if left_out(name, with_this_crate):
                continue
            source, target = os.path.join(where, name), os.path.join(place, name)
            if of_this_crate(name) or of_this_crate(where):
                # A crate at a path is fresh when it is newer than its source. The caller has compared what is in the files.
                shutil.copyfile(source, target)
                shutil.copymode(source, target)
                os.utime(target, ns=(now, now))
            elif of_a_crate(where):
                link_or_copy(source, target)
            else:
                shutil.copyfile(source, target)
    return True


def undamaged(template):
    """Whether no crate in it was written since it was made. A link is a hundred times as fast as a copy, but through one cargo could write: what
    it notes of a crate it writes in place, when an environment variable that the crate's build script heeds has changed."""
    try:
        made = os.stat(os.path.join(template, MADE_WITH)).st_mtime_ns
    except OSError:
        return False
    return all(
        os.stat(os.path.join(where, name)).st_mtime_ns <= made for where, _, files in os.walk(template) if of_a_crate(where) for name in files)


def link_or_copy(source, target):
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def of_a_crate(where):
    """Whether cargo keeps there what it compiled, and what it knows of that. What else is in a build folder is written in place all the time."""
    return not {"deps", ".fingerprint", "build"}.isdisjoint(Path(where).parts)


def of_this_crate(name):
    return any(crate in os.path.basename(name) for crate in THIS_CRATE)


def left_out(name, with_this_crate):
    """What cells of the template were compiled to is of no use; evcxr calls their crate `ctx`, and its libraries `code_1`, `code_2`, ..."""
    return name.startswith(("ctx-", "ctx.", "libctx", "libcode_")) or of_this_crate(name) and not with_this_crate


def size(folder):
    """The room that it takes on the disk, in bytes; a file with two names is counted once."""
    seen = {}
    for where, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                at = os.lstat(os.path.join(where, name))
                seen[at.st_ino] = at.st_blocks * 512
    return sum(seen.values())
