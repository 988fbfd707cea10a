"""Accessibility of all tabs in a real browser, with axe-core. Slow."""

import pytest
from browser_steps import EXAMPLE, expand, settle, show_tab, wait_for_result

pytest.importorskip("gradio")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_tab_has_a_serious_violation(open_page, axe_violations, width, theme):
    page = open_page(width, 844, theme)
    expand(page, "About the file", "About the person")
    assert axe_violations(page) == []
    page.get_by_role("button", name=EXAMPLE).click()
    wait_for_result(page, EXAMPLE)
    page.get_by_role("button", name="Pause").click()  # drawing takes most of the time
    settle(page)
    assert axe_violations(page) == []
    for tab in ("Compare", "Generate", "Review"):
        show_tab(page, tab)
        assert axe_violations(page) == [], tab
