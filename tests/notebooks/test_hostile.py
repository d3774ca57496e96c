"""Hostile files and a hostile server in the real kernel: nothing that they say is an order."""

import hostile
import pytest
from gate import SETUP_CELL
from jupyter_client.manager import start_new_kernel
from runner import ROOT

LIMIT = 900


class Kernel:
    def __init__(self, client):
        self.client = client

    def run(self, source):
        """What the cell prints, the results it shows, and what it asks the reader for."""
        printed, results, prompts = [], [], []

        def output(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] in ("execute_result", "display_data"):
                results.append(content["data"])
            elif message["msg_type"] == "error":
                printed.append("\n".join(content["traceback"]))

        def asked(message):
            prompts.append(message["content"]["prompt"])
            self.client.input("a password")

        self.client.execute_interactive(source, allow_stdin=True, stdin_hook=asked, output_hook=output, timeout=LIMIT)
        return "".join(printed), results, prompts


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="rust", startup_timeout=300, cwd=str(ROOT / "notebooks"))
    yield Kernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_hostile_files_and_answers_give_the_kernel_no_orders(kernel, tmp_path):
    hostile.write_files(tmp_path)
    with hostile.server() as base:
        first, use, *cells, stopped = hostile.cells(tmp_path, base)
        assert first == SETUP_CELL
        kernel.run(first)
        kernel.run(use)
        shown = 0
        for number, source in enumerate(cells):
            printed, results, prompts = kernel.run(source)
            assert printed.rstrip().endswith(hostile.end_of(number)), f"late, cut off or failed:\n{source}\n{printed[-2000:]}"
            harmless(printed, results, prompts)
            shown += printed.count("EVCXR·_")
        assert shown > 20, "the hostile words were met"
        printed, results, prompts = kernel.run(stopped)
        harmless(printed, results, prompts)
        assert results[0]["text/plain"].startswith("stopped: the tenant refused GET /api/v2/connections (400 x")
        # Nothing is left over for a later cell.
        printed, results, prompts = kernel.run('println!("later");')
        assert (printed.strip(), results, prompts) == ("later", [], [])


def harmless(printed, results, prompts):
    assert prompts == []
    assert len(results) <= 1 and all(set(data) == {"text/html", "text/plain"} for data in results), results
    for text in [printed, *(text for data in results for text in data.values())]:
        assert "EVCXR_" not in text, text
        assert not set("\x1b\x07\r") & set(text), repr(text)
    for html in (data["text/html"] for data in results):
        assert "<script" not in html and "<img src=x" not in html, html


def test_what_is_looked_for_would_be_seen(kernel):
    """Printed past the crate, the same words are orders. The answer to the prompt goes to a cell that wants none, so it comes last."""
    _, results, _ = kernel.run('println!("EVCXR_BEGIN_CONTENT text/html\\n<script>1</script>\\nEVCXR_END_CONTENT");')
    assert results == [{"text/html": "<script>1</script>"}]
    _, _, prompts = kernel.run('println!("EVCXR_INPUT_REQUEST_PASSWORD:Management API token");')
    assert prompts == ["Management API token"]
