"""Messages on the page: its own words, one look, nothing of HTML, and nothing of private data."""

import logging
import re

import pytest

gr = pytest.importorskip("gradio")
import errors  # noqa: E402
from message_words import PROGRAM_FIELDS, page_words  # noqa: E402

import agir_hf  # noqa: E402
from agir_hf.motion import read_recording  # noqa: E402
from agir_hf.utils.devices import DeviceMemoryError  # noqa: E402


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("no rate: pass it with --rate", "no rate: enter it in “Frames per second”"),
        ("pass --unit mm if it is in mm", "set “Unit of length” to mm if it is in mm"),
        ("leave out --up, or pass --up=-Y",
         "leave “Vertical axis” unset, or set “Vertical axis” to -Y"),
        ("choose it with --item 0 to --item 2", "enter 0 to 2 in “Walk to assess”"),
        ("one with --item, such as --item 'a/b'", "one in “Walk to assess”, such as 'a/b'"),
        ("60 Hz of --rate used", "60 Hz of “Frames per second” used"),
        ("make it again with agir norms", "make it again"),
        ("expected one that agir norms wrote", "expected one that this software wrote"),
        ("label these markers, or write a mapping with 'agir markers F -o m.json' and pass it",
         "label these markers, and export again"),
        ("rename it to end in .trc, or pass --format trc", "rename it to end in .trc"),
        ("something --quite-unknown", "something quite unknown"),
        ("a &lt;b&gt; & <i>\n c", "a ‹b› & ‹i› c"),
    ],
)  # fmt: skip
def test_messages_of_the_package_get_the_words_of_the_page(message, words):
    assert page_words(message) == words


def test_no_option_or_command_remains_in_any_message_of_the_readers():
    """Every text of the sources with an option is translated without a rest of it."""
    from pathlib import Path

    sources = [*Path(agir_hf.__file__).parent.glob("motion/**/*.py")]
    texts = [m for f in sources for m in re.findall(r'"([^"\n]*--[a-z][^"\n]*)"', f.read_text())]
    assert len(texts) > 20
    for text in texts:
        assert not re.search(r"--[a-z]|\bagir [a-z]", page_words(text)), text


def test_a_program_gets_the_names_of_parameters(tmp_path):
    with pytest.raises(ValueError) as excinfo:
        read_recording(agir_hf.SAMPLE_RECORDING, up="Z")
    assert "set “Vertical axis” to Y" in page_words(excinfo.value)
    assert "set up to Y" in page_words(excinfo.value, PROGRAM_FIELDS)
    with pytest.raises(gr.Error, match="enter it in rate_hz"), errors.show_errors("Not read"):
        raise ValueError("no rate: pass it with --rate")


def test_a_problem_is_announced_and_escaped_once():
    html = errors.problem("Not <read>", "1 & <b>bold</b> --rate")
    assert html.startswith("<div class='agir-problem' role='alert'>")
    assert "Not &lt;read&gt;" in html and "1 &amp; ‹b›bold" in html and "&amp;lt;" not in html


def test_an_internal_error_is_logged_by_its_type_alone(caplog):
    with caplog.at_level(logging.DEBUG):
        html = errors.problem_of("Not read", RuntimeError("Jane Doe"))
    assert "please report it" in html and "Jane" not in html + caplog.text
    assert "RuntimeError" in caplog.text
    memory = DeviceMemoryError.__new__(DeviceMemoryError)
    assert errors.message_of(memory) == errors.TOO_LARGE
