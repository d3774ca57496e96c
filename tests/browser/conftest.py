import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "notebooks")]

import lab as jupyterlab  # noqa: E402


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with jupyterlab.started(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    with jupyterlab.chromium() as running:
        yield running
