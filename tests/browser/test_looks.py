"""The check of the looks turns red for what it is there to see."""

import pytest
from page import LOOKS

PAGE = """<body style="margin:0; background:{background}; color:#bbb"><div class="jp-Notebook">
<div class="jp-WindowedPanel-outer" style="overflow:auto"><div class="jp-CodeCell">
<div class="jp-OutputArea-output" style="overflow:auto">{output}</div></div></div></div>"""
SVG = '<svg width="90" height="30"><title>a drawing</title><rect width="90" height="30" fill="{}"/><text y="20" fill="#222">words</text></svg>'
BAR = '<div role="img" {name} style="width:100px;height:{height}px"></div>'


@pytest.fixture
def problems(browser):
    page = browser.new_page()

    def of(output, background="#111", trusted=False):
        page.set_content(PAGE.format(output=output, background=background))
        return page.evaluate(LOOKS, trusted)["problems"]

    yield of
    page.close()


@pytest.mark.parametrize("output", [
    "<b>a text in the page's colour</b>",
    '<div style="overflow-x:auto"><div style="width:3000px">a table that scrolls</div></div>',
    BAR.format(name='aria-label="25 inserted"', height=10),
    '<div style="background:#3577c0;color:#fff">words on a fill</div>',
    SVG.format("#ccc"),
    '<div style="color:#777;font-size:24px">a large text may be fainter</div>',
    "<pre>`code` in plain text</pre><table><tr><td>a user `x`</td></tr></table>",
])
def test_what_is_well(problems, output):
    assert problems(output) == []


@pytest.mark.parametrize("output, background, part", [
    ("<b>a text in the page's colour</b>", "#fff", "contrast"),
    ('<b style="color:#666">a fixed colour</b>', "#111", "contrast"),
    ('<b style="opacity:.5">a faint text</b>', "#111", "contrast"),
    ('<div style="background:#3577c0">words on a fill</div>', "#111", "contrast"),
    (SVG.format("#555"), "#fff", "contrast"),
    (SVG.format("none"), "#111", "contrast"),
    ('<div style="width:3000px">a wide output</div>', "#111", "wider than its place"),
    ("<p>the field `email`</p>", "#111", "backticks in"),
    (BAR.format(name="", height=10), "#111", "without a name"),
    (BAR.format(name='aria-label="25 inserted"', height=0), "#111", "a picture of 100 by 0"),
    ('<img alt="a" width="50" height="50" src="data:image/png;base64,AAAA">', "#111", "cannot be shown"),
])
def test_what_is_not(problems, output, background, part):
    found = problems(output, background)
    assert len(found) == 1 and part in found[0], found


def test_a_wide_window_shows_tables_whole(problems):
    [found] = problems('<div style="overflow-x:auto"><div style="width:3000px">wide</div></div>', trusted=True)
    assert 'cut off: "wide"' in found
