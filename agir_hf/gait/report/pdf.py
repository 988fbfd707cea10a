"""Print a page to PDF with Chromium, if there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ...utils.files import atomic_path

VARIABLES = ("AGIR_BROWSER", "CHROME_PATH")  # environment variables that choose the browser
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge",
            "microsoft-edge", "chrome")  # fmt: skip
# Applications of macOS, within /Applications of the system or of the user.
_MACOS = ("Google Chrome", "Chromium", "Microsoft Edge")
# Programs of Windows, within the folders that these environment variables name.
_WINDOWS_FOLDERS = ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
_WINDOWS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe",
            "Chromium/Application/chrome.exe")  # fmt: skip
_TIMEOUT_S = 90.0


def check_chromium() -> str:
    """Return the path of a browser that prints to PDF.

    It is the program that `AGIR_BROWSER` or `CHROME_PATH` names, or else one on the PATH, or an
    application of macOS or Windows.

    Raises:
        FileNotFoundError: No such browser is installed, or a variable names no program.
    """
    for name in VARIABLES:
        if chosen := os.environ.get(name):
            if path := shutil.which(chosen):
                return path
            raise FileNotFoundError(
                f"{name} is {chosen}, expected a program: set it to Chromium, Chrome or Edge"
            )
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    for application in _applications(sys.platform):
        if application.is_file():
            return str(application)
    raise FileNotFoundError(
        "a PDF needs Chromium, Chrome or Edge, and none is on the PATH or among the applications "
        "of macOS or Windows: install one, set AGIR_BROWSER to its program, or open the HTML "
        "report in a browser and print it"
    )


def _applications(platform: str) -> list[Path]:
    """Programs of browsers that macOS and Windows do not put on the PATH."""
    if platform == "darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        return [
            folder / f"{name}.app/Contents/MacOS/{name}" for folder in folders for name in _MACOS
        ]
    if platform == "win32":
        folders = filter(None, map(os.environ.get, _WINDOWS_FOLDERS))
        return [Path(folder) / program for folder in folders for program in _WINDOWS]
    return []


def write_pdf(html: str | os.PathLike, pdf: str | os.PathLike) -> Path:
    """Print an HTML report to a PDF of A4 pages.

    The file is written under a temporary name and moved into place.

    Args:
        html (`str` or `os.PathLike`):
            Page from [`write_report`].
        pdf (`str` or `os.PathLike`):
            File to write; its name ends in .pdf, its folder exists.

    Returns:
        `Path`: The path of the PDF.

    Raises:
        FileNotFoundError: There is no browser, no page, or no folder for the PDF.
        ValueError: The path does not end in .pdf.
        RuntimeError: The browser failed.

    Example:
        ```python
        >>> from agir_hf.gait.report import write_pdf
        >>> write_pdf("report.html", "report.txt")
        Traceback (most recent call last):
        ...
        ValueError: the file of the PDF is report.txt, expected a name that ends in .pdf

        ```
    """
    html, pdf = Path(html).absolute(), Path(pdf)
    if pdf.suffix.lower() != ".pdf":
        raise ValueError(f"the file of the PDF is {pdf}, expected a name that ends in .pdf")
    if not html.is_file():
        raise FileNotFoundError(f"no such page: {html}, expected an HTML report")
    if not pdf.absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder {pdf.parent} of the PDF does not exist: create it")
    browser = check_chromium()
    with tempfile.TemporaryDirectory(prefix="agir-pdf-") as profile, atomic_path(pdf) as draft:
        _print(browser, html, draft.absolute(), profile)
    return pdf


def _print(browser: str, html: Path, out: Path, profile: str) -> None:
    command = [
        browser, "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
        "--disable-extensions", f"--user-data-dir={profile}", "--no-pdf-header-footer",
        f"--print-to-pdf={out}", html.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses to run as root with its sandbox
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"{Path(browser).name} did not finish the PDF within {_TIMEOUT_S:g} s: open the HTML "
            "report in a browser and print it"
        ) from None
    if not out.is_file() or not out.stat().st_size:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise RuntimeError(
            f"{Path(browser).name} wrote no PDF ({lines[-1].strip()}): open the HTML report in a "
            "browser and print it"
        )
