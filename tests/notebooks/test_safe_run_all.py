"""On this kernel nothing stops the cells after a failure. So each lesson's steps are made to fail in turn, and the
tenant must see no write from any later cell; and with a real tenant's settings each lesson must stop at the write gate.

All of it happens in one kernel, cleared for each lesson. A step fails because the practice tenant's door is closed; then the door is opened
and the later cells run, as "Run All" would run them; then the step is run again, and the next one fails. A later cell
that did not compile for want of a variable is not run again before that variable is there: it could not do anything. Nor
is one that went well: it would do the same again. So each cell is run a few times, and all of this takes minutes. A solution of
an exercise is no step: nothing depends on it, so the lesson goes on whatever becomes of it.

A lesson's clean-up must work whichever of its cells were left out: each lesson is run with two cells less, drawn by a seed, on a
tenant that it takes for a real one and may write to. EVERY_CELL_LEFT_OUT=1 leaves out each cell in turn, also on a practice tenant,
which takes hours.
"""

import json
import os
import random
import re
import shutil
import subprocess
import urllib.request
from contextlib import contextmanager

import gate
import nbformat
import pytest
from runner import ROOT, client

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PROGRAM = ROOT / "target" / "release" / "practice-tenant"
# Jobs that lessons slow down to show something run fast here.
SLOW_JOBS = re.compile(r'\("job-speed", \d+\.0\)')
FAST_JOBS = '("job-speed", 9000.0)'
CLEAN_UP = re.compile(r"\b(?:plan_)?clean_up\(")
# The reader's own cell, without which a real tenant takes no import.
ALLOW_WRITES = "let tenant = tenant.allow_writes(tenant.domain()).or_stop();"
# Which cells are left out; another number draws others.
SEED = int(os.environ.get("LEFT_OUT_SEED", "1"))


class Practice:
    """A practice tenant of this test's own, seen from its side."""

    def __init__(self, process):
        lines = (process.stdout.readline().strip().split("=", 1) for _ in range(6))
        self.settings = dict(lines)
        self.seen = 0

    def ask(self, path, method="GET", body=None):
        # What steers the practice tenant takes a token that has ended, too; a lesson may have ended the first one.
        token = self.token() if path.startswith("/api/") else self.settings["MGMT_API_ACCESS_TOKEN"]
        return self.send(path, method, body, {"Authorization": f"Bearer {token}"})

    def send(self, path, method, body, headers):
        headers = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(
            self.settings["DOMAIN"] + path, method=method, data=body and json.dumps(body).encode(), headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)

    def token(self):
        application = {name.lower(): self.settings[name] for name in ("CLIENT_ID", "CLIENT_SECRET")}
        audience = self.settings["DOMAIN"] + "/api/v2/"
        body = {"grant_type": "client_credentials", "audience": audience, **application}
        return self.send("/oauth/token", "POST", body, {})["access_token"]

    def close(self, closed):
        self.ask("/practice/door", "PUT", {"closed": closed})

    def news(self):
        """What was asked since this was asked last."""
        news = self.ask(f"/practice/requests?from={self.seen}")
        self.seen = news["total"]
        return news["requests"]

    def writes(self):
        """What of the news changed users, or tried to."""
        return [sent for sent in self.news()
                if sent["method"] != "GET" and ("/users-imports" in sent["path"] or "/api/v2/users" in sent["path"])]


@contextmanager
def practice(*options):
    with subprocess.Popen([PROGRAM, "--port", "0", *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Practice(process)
        finally:
            process.kill()


class Lesson:
    """A lesson's code cells in a running kernel."""

    def __init__(self, running, notebook):
        self.running = running
        # A cell that stops on purpose gives no value to others, and never goes well.
        self.cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "error-expected" not in gate.tags(cell)]
        for cell in self.cells:
            # `begin` clears, and then sets what a `:clear` would take away again.
            cell["source"] = SLOW_JOBS.sub(FAST_JOBS, cell["source"]).removeprefix(":clear\n")
        self.bound = [set(re.findall(r"^let (?:mut )?(\w+)", cell["source"], re.M)) for cell in self.cells]

    def begin(self, practice, folder):
        """As after a restart of the kernel: the variables are gone, the settings are those of that tenant. What the cells write goes to the folder."""
        self.defined = set()
        # What each cell lacked when it was run last, and which went well.
        self.lacked = [set() for _ in self.cells]
        self.well = set()
        self.running.execute_cell(nbformat.v4.new_code_cell(":clear"), 0)
        lines = [f"std::env::set_var({json.dumps(name)}, {json.dumps(value)});" for name, value in practice.settings.items()]
        lines.append(f"std::env::set_current_dir({json.dumps(str(folder))}).unwrap();")
        settings = nbformat.v4.new_code_cell("unsafe {\n" + "\n".join(lines) + "\n};")
        self.running.execute_cell(settings, 0)
        assert not settings["outputs"], settings["outputs"]
        self.run_for_real(0)

    def run(self, number):
        """Runs a cell; gives what can be read under it."""
        cell = self.cells[number]
        self.running.execute_cell(cell, 0)
        shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(text for _, text in gate.texts(cell)))
        self.lacked[number] = set(re.findall(r"cannot find value `(\w+)`", shown))
        if "error" not in dict(gate.texts(cell)) and gate.STOPPED not in shown:
            self.well.add(number)
            self.defined |= self.bound[number]
        else:
            self.well.discard(number)
            self.defined -= self.bound[number]
        return shown

    def run_for_real(self, number):
        """Runs a cell that must work; what a failed run of it took away is made again first."""
        for _ in range(3):
            shown = self.run(number)
            if not self.lacked[number]:
                break
            makers = [maker for maker in range(number) if self.bound[maker] & self.lacked[number]]
            assert makers, shown
            self.run_for_real(makers[-1])
        assert number in self.well, shown

    def cleans_up(self, number):
        return bool(CLEAN_UP.search(self.cells[number]["source"]))

    def run_on(self, failed):
        """What "Run All" does after a cell failed; where the reader is asked to restart the kernel it ends. The clean-up is meant to work
        after any failure, and to delete: it is not run here."""
        for number in range(failed + 1, len(self.cells)):
            if "after-restart" in gate.tags(self.cells[number]):
                break
            if self.cleans_up(number):
                continue
            if number not in self.well and self.lacked[number] <= self.defined:
                self.run(number)


    def may_be_left_out(self):
        """All cells but those that any other needs: the set-up, the tenant's, and the clean-up itself."""
        needed = {number for number, bound in enumerate(self.bound) if "tenant" in bound or self.cleans_up(number)}
        setup = {number for number, cell in enumerate(self.cells) if "setup" in gate.tags(cell)}
        return sorted(set(range(1, len(self.cells))) - needed - setup)

    def run_with_writes(self, number):
        """Runs a cell; a tenant that it opens may be written to from then on."""
        shown = self.run(number)
        if "tenant" in self.bound[number] and number in self.well:
            allowed = nbformat.v4.new_code_cell(ALLOW_WRITES)
            self.running.execute_cell(allowed, 0)
            assert not allowed["outputs"], allowed["outputs"]
        return shown

    def run_without(self, left_out, practice, folder):
        """Runs all cells but those, whatever becomes of each. Gives what the clean-up shows last."""
        self.begin(practice, folder)
        last = ""
        for number in range(1, len(self.cells)):
            if "after-restart" in gate.tags(self.cells[number]):
                self.begin(practice, folder)
                for before in range(1, number):
                    if "setup" in gate.tags(self.cells[before]):
                        self.run_with_writes(before)
            if number not in left_out:
                shown = self.run_with_writes(number)
                last = shown if self.cleans_up(number) else last
        return last


@pytest.fixture(scope="module")
def kernel():
    # Its one cell gives way to each that is run.
    running = client(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")]))
    with running.setup_kernel():
        yield running


def is_solution(cell):
    """Of an exercise. It is folded, for the reader to try first."""
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def copy_what_lessons_read(folder):
    """It lies beside them."""
    for file in (ROOT / "notebooks").iterdir():
        if file.is_file() and file.suffix != ".ipynb":
            shutil.copy(file, folder)


def left_out_of(lesson, name):
    """Which cells are left out of each run of the lesson, and how the tenant of that run is started."""
    may = lesson.may_be_left_out()
    if os.environ.get("EVERY_CELL_LEFT_OUT"):
        return [(left_out, kind) for left_out in [set(), *({number} for number in may)] for kind in (["--unmarked"], [])]
    drawn = random.Random(f"{SEED} {name}").sample(may, min(2, len(may)))
    return [(set(drawn), ["--unmarked"])]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_clean_up_leaves_nobody_whichever_cells_were_left_out(kernel, path, tmp_path):
    lesson = Lesson(kernel, nbformat.read(path, as_version=4))
    for number, (left_out, kind) in enumerate(left_out_of(lesson, path.stem)):
        folder = tmp_path / str(number)
        folder.mkdir()
        copy_what_lessons_read(folder)
        with practice(*kind) as tenant:
            said = lesson.run_without(left_out, tenant, folder)
            left = tenant.ask("/api/v2/users?include_totals=true&per_page=1")["total"]
        without = "\n\n".join(lesson.cells[number]["source"] for number in sorted(left_out))
        # Of an import that a restart of the kernel interrupted, the clean-up tells how to go on.
        assert left == 0 or "other run" in said, f"{left} users are left, with these cells left out:\n{without}\n\n{said}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_nothing_is_written_after_a_failure_or_before_the_write_gate(kernel, path, tmp_path):
    lesson = Lesson(kernel, nbformat.read(path, as_version=4))
    copy_what_lessons_read(tmp_path)
    with practice("--unmarked") as real, practice() as tenant:
        lesson.begin(real, tmp_path)
        shown = [lesson.run(number) for number in range(1, len(lesson.cells))]
        assert real.writes() == []
        stopped_at_the_gate = any("stopped: " in text and "is open read-only" in text for text in shown)

        lesson.begin(tenant, tmp_path)
        steps = 0
        for number in range(1, len(lesson.cells)):
            if is_solution(lesson.cells[number]):
                lesson.run_for_real(number)
                continue
            tenant.news()
            tenant.close(True)
            text = lesson.run(number)
            tenant.close(False)
            asked = tenant.news()
            if number in lesson.well and not asked:
                continue
            # A cell that asked and does not stop is meant to show whatever the tenant says.
            if gate.STOPPED in text:
                steps += 1
                lesson.run_on(number)
                assert tenant.writes() == [], f"after the failure of:\n{lesson.cells[number]['source']}"
            lesson.run_for_real(number)
        assert steps > 0
        everybody = tenant.ask("/api/v2/users?include_totals=true&per_page=1")
        assert everybody["total"] == 0, "the lesson leaves nobody behind"
        tenant.seen = 0
        assert stopped_at_the_gate or tenant.writes() == []
