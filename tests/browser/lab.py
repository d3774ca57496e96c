"""A JupyterLab of its own and the system's Chromium.

The lessons are opened in a folder of links to the project with *copies* of the notebooks, so that JupyterLab may save what it likes without a
committed file changing. Their kernels run beside the real ones, where `:dep ..` finds the crate as it does for a reader, and kernels begin warm.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
TENANT_SETTINGS = ("MGMT_API_ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "SIGN_IN_CLIENT_ID", "SIGN_IN_CLIENT_SECRET")
START_LIMIT = 60
# Every cell is in the page, not only those in view; nothing is fetched or saved unasked.
LAB_SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


class Lab:
    def __init__(self, folder, url, token):
        self.folder, self.url, self.token = folder, url, token
        self.notebooks = folder / "project" / "notebooks"

    def address(self, notebook):
        # `reset` closes what was open before.
        return f"{self.url}/lab/tree/notebooks/{notebook}?reset&token={self.token}"


def project_of_links(folder):
    """The project, linked, with copies of the notebooks."""
    folder.mkdir()
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".") and entry.name not in ("notebooks", "target", "executed", "imports"):
            (folder / entry.name).symlink_to(entry)
    (folder / "notebooks").mkdir()
    for entry in (ROOT / "notebooks").iterdir():
        # What lessons read lies beside them; what they wrote is left where it is.
        if entry.is_file():
            shutil.copy(entry, folder / "notebooks")


def kernel_of_the_project(jupyter):
    """The kernel that `make setup` registered, which starts in the project whatever notebook it is for."""
    rust = Path("kernels") / "rust"
    spec = json.loads((Path(sys.prefix) / "share" / "jupyter" / rust / "kernel.json").read_text())
    spec["argv"] = ["sh", "-c", 'cd "$0" && exec "$@"', str(ROOT / "notebooks"), *spec["argv"]]
    (jupyter / rust).mkdir(parents=True)
    (jupyter / rust / "kernel.json").write_text(json.dumps(spec))


def environment(folder, token):
    jupyter = {name: str(folder / name.lower()) for name in
               ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
                "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
    kernels = str(folder / "jupyter")
    inherited = {name: value for name, value in os.environ.items() if name not in TENANT_SETTINGS}
    return inherited | jupyter | {"JUPYTER_PATH": kernels, "JUPYTER_TOKEN": token, "DOMAIN": "practice"}


@contextlib.contextmanager
def started(folder):
    """JupyterLab, running until the end of the block. What it writes is under the folder, and what its kernels write beside the real notebooks."""
    project_of_links(folder / "project")
    kernel_of_the_project(folder / "jupyter")
    token = secrets.token_hex(16)
    env = environment(folder, token)
    for plugin, values in LAB_SETTINGS.items():
        file = Path(env["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder / 'project'}",
               "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    with open(folder / "lab.log", "w") as log:
        process = subprocess.Popen(command, env=env, cwd=folder / "project", stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT)
    lab = Lab(folder, f"http://127.0.0.1:{port}", token)
    try:
        wait_until_it_answers(lab, process)
        yield lab
    finally:
        # It ends its kernels first.
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_until_it_answers(lab, process):
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=5).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {(lab.folder / 'lab.log').read_text()[-2000:]}")


@contextlib.contextmanager
def chromium():
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, f"none of {', '.join(PROGRAMS)} is on the PATH: install one, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
