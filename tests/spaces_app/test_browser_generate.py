"""The tab Generate in a real browser, with the embedded model. Slow."""

import numpy as np
import pytest
from browser_steps import fill, open_and_fill

pytestmark = pytest.mark.slow

RESULT = "#agir-generated .agir-result"


def generate(page, text=None, button="Generate the walk"):
    if text is not None:
        fill(page.get_by_label("Description of the walk"), text)
    page.get_by_role("button", name=button).click()


def seed_of(page) -> str:
    return page.locator("#agir-seed textarea, #agir-seed input").input_value()


def finished(page) -> None:
    page.locator(RESULT).wait_for()
    page.locator("button:enabled", has_text="Generate the walk").wait_for()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_walk_is_generated_with_what_was_asked_and_not_understood(
    open_space, tmp_path, width, theme
):
    page = open_space("Generate", width=width, theme=theme)
    assert seed_of(page) == ""
    generate(page, "Left arm still, short steps in a red hat, then a turn.")
    finished(page)
    shown = page.locator(RESULT).inner_text()
    for part in ("SIMULATED", "left arm swing: still", "“in a red hat”", "turning", "of 2 asked"):
        assert part in shown
    assert seed_of(page) in shown and seed_of(page).isdigit()
    assert page.locator(f"{RESULT} table.asked tbody tr").count() == 3
    assert page.locator("gait-scene:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name, ending in (("Joints", ".npz"), ("Page", ".html")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert download.value.suggested_filename.endswith(f"_seed{seed_of(page)}{ending}")
        if ending == ".npz":
            with np.load(download.value.path()) as arrays:
                assert str(arrays["seed"]) == seed_of(page)
    page.screenshot(path=tmp_path / f"generate-{width}.png", full_page=True)


def test_a_seed_gives_the_same_walk_and_the_other_button_another(open_space):
    page = open_space("Generate")
    page.get_by_role("button", name="Arm swing is markedly reduced on the right.").click()
    texts, seeds = [], []
    for button in ("Generate the walk", "Generate the walk", "Again with another seed"):
        generate(page, button=button)
        page.locator(RESULT).wait_for(state="hidden")  # nothing of the result before is shown
        finished(page)
        texts.append(page.locator(f"{RESULT} table.asked").inner_text())
        seeds.append(seed_of(page))
    assert "right arm swing: markedly reduced" in texts[0]
    assert seeds[0] == seeds[1] != seeds[2] and texts[0] == texts[1]


def test_a_text_without_a_request_gets_a_message_and_no_earlier_walk_stays(open_space):
    page = open_space("Generate")
    generate(page, "Short steps.")
    finished(page)
    generate(page, "The <b>stock</b> market fell.")
    alert = page.locator("#agir-generate-status [role=alert]")
    alert.wait_for()
    message = alert.inner_text()
    assert "nothing is understood" in message and "Short steps, left arm still" in message
    assert "--" not in message and "&" not in message
    assert not page.locator(RESULT).is_visible()
    fill(page.get_by_label("Seed"), "many")
    generate(page, "Short steps.")
    page.get_by_text("seed is 'many', expected a number").wait_for()
    fill(page.get_by_label("Seed"), "")
    generate(page)
    finished(page)
    assert alert.count() == 0


def test_the_age_changes_the_norms_and_seconds_the_length(open_space):
    page = open_space("Generate")
    fill(page.get_by_label("number input for Seconds"), "3")
    open_and_fill(page, "Age, sex and norms", "Age in years", "30")
    generate(page, "Short steps.")
    finished(page)
    assert "30 years" in page.locator(RESULT).inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Joints").click()
    with np.load(download.value.path()) as arrays:
        assert arrays["joints"].shape == (60, 22, 3)


def test_the_endpoint_answers_programs(space_url):
    from gradio_client import Client

    client = Client(space_url, verbose=False)
    answer = client.predict(text="Short steps.", seconds=3, seed=5, walks=4, api_name="/generate")
    assert answer["seed"] == 5 and np.shape(answer["joints"]) == (60, 22, 3)
    assert answer["properties"][0]["quantity"] == "step_length"
