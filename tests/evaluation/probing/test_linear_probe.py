import numpy as np
import pytest
import torch

from agir_hf.evaluation.probing.linear_probe import (
    CLIP_FRAMES,
    Clips,
    Walks,
    class_weights,
    clips,
    fit_probe,
    leave_one_out,
    vote,
)


def test_clips_begin_every_27_frames_and_lie_within_the_motion():
    motion = np.arange(140)
    found = clips(motion)
    assert [(one[0], one[-1]) for one in found] == [(0, 53), (27, 80), (54, 107), (81, 134)]
    assert len(clips(np.arange(CLIP_FRAMES))) == 1
    (short,) = clips(np.arange(20))
    assert len(short) == 20
    with pytest.raises(ValueError, match="clips of 0 frames every 27 of a motion of 9"):
        clips(np.arange(9), 0)


def test_votes_by_hand():
    owner = np.array([4, 4, 4, 7, 7])
    given = np.array([[0.9, 0.1], [0.4, 0.6], [0.45, 0.55], [0.8, 0.2], [0.3, 0.7]])
    first, second = vote(given, owner, [4, 7])
    assert first.argmax() == 1  # two clips of three, though the mean leans to 0
    assert second.argmax() == 0  # one each: the surer one
    weight = 0.5 / 4
    np.testing.assert_allclose(
        first[0], (1 - weight) / 3 + weight * np.mean([0.9, 0.4, 0.45]), atol=1e-12
    )
    assert first.sum() == pytest.approx(1) and second.sum() == pytest.approx(1)


def test_classes_weigh_alike():
    weights = class_weights(np.array([0, 0, 0, 2]), 4)
    np.testing.assert_allclose(weights, [4 / 3 / 2, 0, 4 / 2, 0])


def walks(subjects=8, each=4, seed=0, traits=1.5):
    """Motions of two clips; a column tells the class, others tell the subject."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(subjects) % 2, each)
    groups = np.repeat([f"S{i}" for i in range(subjects)], each).tolist()
    values = rng.normal(size=(len(labels), 2, 12))
    values[:, :, 0] += 4 * labels[:, None]
    subject = np.repeat(np.eye(subjects), each, axis=0)
    values[:, :, 4:] += traits * subject[:, None, :8]
    table = Clips(values.reshape(-1, 12), np.repeat(np.arange(len(labels)), 2))
    return table, Walks([f"walk_{i}" for i in range(len(labels))], groups, labels, 2)


def right(row):
    return np.mean([one.given == one.truth for one in row.predictions])


def test_a_subject_who_is_left_out_is_judged_by_what_holds_for_others():
    table, who = walks()
    row = leave_one_out("probe", table, who)
    assert [fold.fold for fold in row.folds] == [f"without S{i}" for i in range(8)]
    assert [one.id for one in row.predictions] == who.ids
    assert [one.truth for one in row.predictions] == who.labels.tolist()
    assert right(row) > 0.8
    again = leave_one_out("probe", table, who)
    assert again.predictions == row.predictions


def test_labels_of_subjects_alone_cannot_be_learnt():
    """Where only the subject is told, leaving subjects out gives no better than chance."""
    table, who = walks(traits=6)
    blind = Clips(table.values[:, 4:], table.owner)
    assert right(leave_one_out("probe", blind, who)) < 0.6
    labels = who.labels[blind.owner]
    seen = fit_probe(blind.values, labels, 2)(blind.values)
    assert (seen.argmax(1) == labels).mean() > 0.95  # by heart


def test_no_classifier_sees_whom_it_judges_and_each_seed_judges_all():
    table, who = walks()
    owner = zip(table.values, table.owner, strict=True)
    subject = {tuple(row): who.subjects[motion] for row, motion in owner}
    pairs = []

    def fit(values, given, classes, seed):
        known = {subject[tuple(row)] for row in values}

        def judge(asked):
            pairs.append((known, {subject[tuple(row)] for row in asked}))
            return np.full((len(asked), classes), 1 / classes)

        return judge

    row = leave_one_out("blind", table, who, seeds=(3, 4), fit=fit)
    assert len(pairs) == 16 and row.seeds == [3, 4]
    for known, asked in pairs:
        assert len(asked) == 1 and len(known) == 7 and not known & asked


def test_an_encoder_of_its_own_for_each_subject():
    """The encoder of a subject is asked for by his name, once."""
    table, who = walks()
    asked = []

    def encoder(name):
        asked.append(name)
        return table

    row = leave_one_out("probe", encoder, who)
    assert row.predictions == leave_one_out("probe", table, who).predictions
    assert asked == [f"S{i}" for i in range(8)]


def test_the_probe_is_a_layer_norm_and_a_linear_layer():
    """Scale and shift of a clip's standardised embedding do not change its class."""
    table, who = walks()
    labels = who.labels[table.owner]
    predict = fit_probe(table.values, labels, 2)
    mean, spread = table.values.mean(0), table.values.std(0) + 1e-6
    scaled = ((table.values - mean) / spread * 2 + 0.5) * spread + mean
    np.testing.assert_allclose(predict(scaled), predict(table.values), atol=1e-4)


def test_nothing_is_drawn_and_the_minimum_is_an_independent_librarys():
    table, who = walks()
    labels = who.labels[table.owner]
    found = fit_probe(table.values, labels, 2)(table.values)
    torch.manual_seed(5)
    np.testing.assert_array_equal(fit_probe(table.values, labels, 2, 7)(table.values), found)
    linear = pytest.importorskip("sklearn.linear_model")
    x = (table.values - table.values.mean(0)) / (table.values.std(0) + 1e-6)
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    # two weight vectors of opposite sign share the penalty: half of it each, and C counts clips
    other = linear.LogisticRegression(C=2 / (0.01 * len(x)), tol=1e-8, max_iter=1000).fit(x, labels)
    np.testing.assert_allclose(found, other.predict_proba(x), atol=2e-3)


def test_one_subject_alone_is_told():
    with pytest.raises(ValueError, match="3 names, 3 labels and 3 subjects, 1 of them different"):
        Walks(["a", "b", "c"], ["S0"] * 3, np.zeros(3, int), 2)
    with pytest.raises(ValueError, match="2 names, 3 labels and 3 subjects"):
        Walks(["a", "b"], ["S0", "S1", "S1"], np.zeros(3, int), 2)
