"""Fixtures of the tests of publishing."""

import socket

import pytest


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a network connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def by_fold(tmp_path_factory):
    """Folder of an evaluation with two folds and the rows "ours" and "other"; simulated walks."""
    from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Results, Row, versions

    def row(name: str, offset: int) -> Row:
        folds = [
            FoldResult(fold, 0, [Prediction(f"{fold}{k}", f"S{fold}{k}", k, (k + offset) % 3)
                                 for k in range(3)])
            for fold in ("a", "b")
        ]  # fmt: skip
        return Row(name, folds)

    folder = tmp_path_factory.mktemp("evaluation")
    Results(
        kind="reasoning",
        title="Reasoning",
        data="simulated walks only",
        simulated=True,
        classes=[0, 1, 2],
        class_names=["0", "1", "2"],
        scheme="2 folds by subject",
        command="agir evaluate reasoning CORPUS -o OUT",
        config={},
        versions=versions(),
        rows=[row("ours", 0), row("other", 1)],
    ).save(folder)
    return folder
