"""What must hold of a notebook. On this kernel a failed `?`, a panic and a failed `assert!` all leave the
cell green, so the outputs are read."""

import re

TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
HASH = re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}")
SECRET = re.compile(r"(?<![\w/+.-])(?=\w*[A-Z])(?=\w*[a-z])(?=\w*\d)\w{40,}(?![\w/+.-])")
VARYING = re.compile(
    r"127\.0\.0\.1:\d+|\b\d{4}-\d\d-\d\d\b|/(home|root|tmp|work)/|\b\d+(\.\d+)? (ms|s)\b"
    r"|job_\w{16}|import-[0-9a-f]{16}|run-[0-9a-f]{8}")
STOPPED = "stopped: "
# Without `:clear`, a cell that does not compile in a second run keeps its value from the first, and those below go on with it.
SETUP_CELL = ":clear\n:cache 1024\n:dep .."
# Characters of a line of code that JupyterLab shows in a window of 1280 pixels, the list of files beside it.
WIDEST_LINE = 100


def texts(cell):
    """Every text a reader can see under a cell, with its kind."""
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            yield output["name"], "".join(output["text"])
        elif output["output_type"] == "error":
            yield "error", "\n".join([output["ename"], output["evalue"], *output["traceback"]])
        else:
            for kind, text in output["data"].items():
                yield kind, "".join(text)


def tags(cell):
    return cell["metadata"].get("tags", [])


def is_value_expected(cell):
    """Whether the cell's last line is an expression, whose value the kernel shows."""
    lines = [line for line in cell["source"].splitlines() if line.strip() and not line.strip().startswith("//")]
    return bool(lines) and not lines[-1].rstrip().endswith((";", "}")) and not lines[-1].startswith(":")


def output_problems(notebook):
    """What is wrong with the outputs of an executed notebook."""
    problems = []
    for number, cell in enumerate(c for c in notebook["cells"] if c["cell_type"] == "code"):
        def problem(what):
            problems.append(f"code cell {number + 1}: {what}")

        has_result = False
        for kind, text in texts(cell):
            plain = re.sub(r"<[^>]+>", "", text)
            has_result = has_result or kind.startswith(("text/", "image/"))
            if kind == "error":
                problem(f"error: {text[:300]}")
            if kind == "stderr" and "stderr-expected" not in tags(cell):
                problem(f"stderr: {text[:300]}")
            if "panicked at" in text:
                problem("a panic")
            if kind == "text/plain" and text.strip() == "()":
                problem("the value () is shown")
            if plain.lstrip().startswith(STOPPED.strip()) and "error-expected" not in tags(cell):
                problem(f"the cell was stopped: {plain[:300]}")
            # The tail of a hash may look like a secret; hashes have a rule of their own.
            if TOKEN.search(text) or SECRET.search(HASH.sub("", text)):
                problem("something that looks like a token or a secret")
            if HASH.search(text) and "hash-on-purpose" not in tags(cell):
                problem("a whole hash")
            if VARYING.search(plain) and "varies" not in tags(cell):
                problem(f"something that changes from run to run: {VARYING.search(plain).group()!r}")
        if is_value_expected(cell) and not has_result:
            problem("the value of the last line is missing: the cell failed")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not code or not is_value_expected(code[-1]):
        problems.append("the last code cell must end in a value, which is there only if every step worked")
    return problems


def form_problems(notebook):
    """What is wrong with a notebook as it is written."""
    problems = []
    if notebook["metadata"].get("kernelspec") != {"display_name": "Rust", "language": "rust", "name": "rust"}:
        problems.append("the kernelspec is not Rust's")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not code or code[0]["source"] != SETUP_CELL:
        problems.append(f"the first code cell must be {SETUP_CELL!r}")
    for cell in code[1:]:
        if ":dep" in cell["source"]:
            problems.append("a later :dep can drop variables")
    run = 3
    for cell in notebook["cells"]:
        run = run + 1 if cell["cell_type"] == "code" else 0
        if run > 3:
            problems.append(f"no prose before: {cell['source'][:60]}")
        if cell["cell_type"] == "code":
            if len(cell["source"].splitlines()) > 12:
                problems.append(f"over 12 lines: {cell['source'][:60]}")
            if any(len(line) > WIDEST_LINE for line in cell["source"].splitlines()):
                problems.append(f"a line that runs out of the page: {cell['source'][:60]}")
            if ".await" in cell["source"]:
                problems.append("an .await makes every later blocking call panic")
    return problems


def shown(notebook):
    """The plain outputs of the cells that do not vary, for comparison between runs."""
    kinds = ("text/plain", "stdout")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        (cell["source"], [] if "varies" in tags(cell) else [text for kind, text in texts(cell) if kind in kinds])
        for cell in code
    ]
