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


def test_clips_start_every_27_frames_within_the_motion():
    motion = np.arange(140)
    parts = clips(motion)
    assert [(clip[0], clip[-1]) for clip in parts] == [(0, 53), (27, 80), (54, 107), (81, 134)]
    assert len(clips(np.arange(CLIP_FRAMES))) == 1
    (short,) = clips(np.arange(20))
    assert len(short) == 20
    with pytest.raises(ValueError, match="clips of 0 frames every 27 of a motion of 9"):
        clips(np.arange(9), 0)


def test_votes_by_hand():
    owner = np.array([4, 4, 4, 7, 7])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.45, 0.55], [0.8, 0.2], [0.3, 0.7]])
    first, second = vote(probabilities, owner, [4, 7])
    assert first.argmax() == 1  # two clips of three, although the mean is higher for 0
    assert second.argmax() == 0  # one vote each: the higher mean
    weight = 0.5 / 4
    np.testing.assert_allclose(
        first[0], (1 - weight) / 3 + weight * np.mean([0.9, 0.4, 0.45]), atol=1e-12
    )
    assert first.sum() == pytest.approx(1) and second.sum() == pytest.approx(1)


def test_class_weights_are_balanced():
    weights = class_weights(np.array([0, 0, 0, 2]), 4)
    np.testing.assert_allclose(weights, [4 / 3 / 2, 0, 4 / 2, 0])


def walks(subjects=8, each=4, seed=0, traits=1.5):
    """Motions of two clips; one column depends on the class, others on the subject."""
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
    return np.mean([walk.predicted == walk.truth for walk in row.predictions])


def test_held_out_subjects_are_classified_by_training_on_the_others():
    table, labelled = walks()
    row = leave_one_out("probe", table, labelled)
    assert [fold.fold for fold in row.folds] == [f"without S{i}" for i in range(8)]
    assert [walk.id for walk in row.predictions] == labelled.ids
    assert [walk.truth for walk in row.predictions] == labelled.labels.tolist()
    assert right(row) > 0.8
    again = leave_one_out("probe", table, labelled)
    assert again.predictions == row.predictions


def test_features_of_the_subject_only_do_not_generalise():
    """Features of the subject only give no more than chance for held-out subjects."""
    table, labelled = walks(traits=6)
    blind = Clips(table.values[:, 4:], table.owner)
    assert right(leave_one_out("probe", blind, labelled)) < 0.6
    labels = labelled.labels[blind.owner]
    fitted = fit_probe(blind.values, labels, 2)(blind.values)
    assert (fitted.argmax(1) == labels).mean() > 0.95  # overfitted


def test_no_classifier_is_trained_on_its_test_subject_and_each_seed_tests_all():
    table, labelled = walks()
    owner = zip(table.values, table.owner, strict=True)
    subject = {tuple(row): labelled.subjects[motion] for row, motion in owner}
    pairs = []

    def fit(values, labels, classes, seed):
        train = {subject[tuple(row)] for row in values}

        def predict(test):
            pairs.append((train, {subject[tuple(row)] for row in test}))
            return np.full((len(test), classes), 1 / classes)

        return predict

    row = leave_one_out("blind", table, labelled, seeds=(3, 4), fit=fit)
    assert len(pairs) == 16 and row.seeds == [3, 4]
    for train, test in pairs:
        assert len(test) == 1 and len(train) == 7 and not train & test


def test_each_subject_can_have_an_encoder():
    """The encoder is requested once for each held-out subject."""
    table, labelled = walks()
    subjects = []

    def encoder(name):
        subjects.append(name)
        return table

    row = leave_one_out("probe", encoder, labelled)
    assert row.predictions == leave_one_out("probe", table, labelled).predictions
    assert subjects == [f"S{i}" for i in range(8)]


def test_the_probe_is_a_layer_norm_and_a_linear_layer():
    """Scale and shift of a clip's standardised embedding do not change its class."""
    table, labelled = walks()
    labels = labelled.labels[table.owner]
    predict = fit_probe(table.values, labels, 2)
    mean, spread = table.values.mean(0), table.values.std(0) + 1e-6
    scaled = ((table.values - mean) / spread * 2 + 0.5) * spread + mean
    np.testing.assert_allclose(predict(scaled), predict(table.values), atol=1e-4)


def test_the_fit_is_deterministic_and_equals_that_of_scikit_learn():
    table, labelled = walks()
    labels = labelled.labels[table.owner]
    probabilities = fit_probe(table.values, labels, 2)(table.values)
    torch.manual_seed(5)
    np.testing.assert_array_equal(
        fit_probe(table.values, labels, 2, 7)(table.values), probabilities
    )
    linear = pytest.importorskip("sklearn.linear_model")
    x = (table.values - table.values.mean(0)) / (table.values.std(0) + 1e-6)
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    # two weight vectors of opposite sign share the penalty, half each; C is for all clips
    other = linear.LogisticRegression(C=2 / (0.01 * len(x)), tol=1e-8, max_iter=1000).fit(x, labels)
    np.testing.assert_allclose(probabilities, other.predict_proba(x), atol=2e-3)


def test_one_subject_or_lists_of_different_length_raise():
    with pytest.raises(ValueError, match="3 names, 3 labels and 3 subjects, 1 of them different"):
        Walks(["a", "b", "c"], ["S0"] * 3, np.zeros(3, int), 2)
    with pytest.raises(ValueError, match="2 names, 3 labels and 3 subjects"):
        Walks(["a", "b"], ["S0", "S1", "S1"], np.zeros(3, int), 2)
