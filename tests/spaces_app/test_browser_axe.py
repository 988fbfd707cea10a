"""Accessibility of all tabs in a real browser, with axe-core. Slow."""

import pytest
from browser_steps import EXAMPLE, show_tab

pytest.importorskip("gradio")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_tab_has_a_serious_violation(open_page, axe_violations, width, theme):
    page = open_page(width, 844, theme)
    for panel in page.locator("button.label-wrap:visible").all():
        panel.click()
    page.wait_for_timeout(500)
    assert axe_violations(page) == []
    page.get_by_role("button", name=EXAMPLE).click()
    page.locator("#agir-top .of", has_text=EXAMPLE).wait_for()
    page.wait_for_timeout(500)
    assert axe_violations(page) == []
    for tab in ("Compare", "Generate", "Review"):
        show_tab(page, tab)
        assert axe_violations(page) == [], tab
