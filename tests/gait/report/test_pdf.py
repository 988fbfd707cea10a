import shutil

import pytest

from agir_hf.gait import measure
from agir_hf.gait.report import ReportInput, pdf, write_pdf, write_report


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><title>x</title><p>walk", encoding="utf-8")
    return path


def test_a_missing_browser_is_reported_on_one_line(page, monkeypatch):
    no_browser(monkeypatch)
    with pytest.raises(FileNotFoundError, match="a PDF needs Chromium, Chrome or Edge") as excinfo:
        write_pdf(page, page.with_suffix(".pdf"))
    text = str(excinfo.value)
    assert "\n" not in text and not page.with_suffix(".pdf").exists()
    assert all(words in text for words in ("PATH", "macOS", "Windows", "AGIR_BROWSER"))


def no_browser(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    for name in pdf.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", pdf.VARIABLES)
def test_an_environment_variable_chooses_the_browser(tmp_path, monkeypatch, name):
    for variable in pdf.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    browser = tmp_path / "my browser"
    monkeypatch.setenv(name, str(browser))
    with pytest.raises(FileNotFoundError, match=f"{name} is .*my browser, expected a program"):
        pdf.check_chromium()
    browser.write_text("#!/bin/sh\n", encoding="utf-8")
    browser.chmod(0o755)
    assert pdf.check_chromium() == str(browser)


@pytest.mark.parametrize(
    ("platform", "program"),
    [
        ("darwin", "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        ("darwin", "Applications/Chromium.app/Contents/MacOS/Chromium"),
        ("darwin", "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
        ("win32", "Google/Chrome/Application/chrome.exe"),
        ("win32", "Microsoft/Edge/Application/msedge.exe"),
    ],
)
def test_applications_of_macos_and_windows_are_looked_for(tmp_path, monkeypatch, platform, program):
    no_browser(monkeypatch)
    monkeypatch.setattr(pdf.sys, "platform", platform)
    monkeypatch.setattr(pdf.Path, "home", lambda: tmp_path)
    monkeypatch.setenv("ProgramFiles(x86)", str(tmp_path))
    path = tmp_path / program
    path.parent.mkdir(parents=True)
    path.touch()
    assert pdf.check_chromium() == str(path)


def test_wrong_paths_are_refused_before_the_browser_starts(page, monkeypatch):
    monkeypatch.setattr(pdf, "_print", lambda *_: pytest.fail("the browser was started"))
    with pytest.raises(ValueError, match="expected a name that ends in .pdf"):
        write_pdf(page, page)
    with pytest.raises(FileNotFoundError, match="no such page"):
        write_pdf(page.with_name("other.html"), page.with_suffix(".pdf"))
    with pytest.raises(FileNotFoundError, match="does not exist"):
        write_pdf(page, page.parent / "none" / "x.pdf")


def test_a_browser_that_fails_leaves_no_file(page, tmp_path, monkeypatch):
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\necho broken display >&2\nexit 1\n", encoding="utf-8")
    browser.chmod(0o755)
    monkeypatch.setattr(pdf, "check_chromium", lambda: str(browser))
    with pytest.raises(RuntimeError, match="chromium wrote no PDF .broken display."):
        write_pdf(page, tmp_path / "x.pdf")
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
def test_a_report_is_printed_on_three_pages(walk, tmp_path):
    html = write_report(tmp_path / "walk.html", ReportInput("walk", measure(walk), walk))
    out = write_pdf(html, tmp_path / "walk.pdf")
    content = out.read_bytes()
    assert content.startswith(b"%PDF") and 2 <= content.count(b"/Type /Page\n") <= 3
