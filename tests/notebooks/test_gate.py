"""The gate turns red for everything that this kernel leaves green."""

import gate
import nbformat
import pytest
from runner import execute

GOOD = 'let x = "1".parse::<i32>()?;\nx'
PLANTED = {
    "a failed ?": 'let y = "x".parse::<i32>()?;\ny',
    "a panic": 'let z: i32 = panic!("planted");\nz',
    "a failed assert!": "assert!(false);\n1",
    "a compile error": "no_such_name",
    "the value ()": "println!(\"a\")",
}


def notebook(*sources, tags=()):
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def executed():
    return execute(notebook(GOOD, *PLANTED.values()))


def test_a_good_cell_is_green(executed):
    assert gate.output_problems({"cells": executed["cells"][:1]}) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_red(executed, name):
    cell = executed["cells"][1 + list(PLANTED).index(name)]
    assert gate.output_problems({"cells": [cell]}), name


def shown(text, kind="text/plain", tags=()):
    cell = nbformat.v4.new_code_cell("x", metadata={"tags": list(tags)})
    cell["outputs"] = [nbformat.v4.new_output("execute_result", data={kind: text})]
    return gate.output_problems({"cells": [cell]})


@pytest.mark.parametrize("text", [
    "stopped: no users", "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJodHRwIn0.c2lnbmF0dXJl00", "aB3" * 15,
    "$2b$10$" + "a" * 53, "http://127.0.0.1:4000", "took 12 ms", "2026-01-01",
    "log: import-27ccf2cf0362c0f4", "imports/run-05f484c1",
])
def test_outputs_that_must_not_be(text):
    assert shown(text) and shown(f"<b>{text}</b>", "text/html")


def test_tags_allow_what_a_lesson_means():
    assert shown("$2b$10$" + "aB3" * 17 + "aB", tags=["hash-on-purpose"]) == []
    assert shown("took 12 ms", tags=["varies"]) == []
    assert shown("25 users") == []


def test_a_missing_value_is_seen():
    assert gate.output_problems(notebook("x"))
