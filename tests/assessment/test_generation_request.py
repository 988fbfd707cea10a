"""What is read in descriptions of walks: properties, words that are not understood, topics."""

import pytest

from agir_hf.assessment.generation_request import SIDED, parse_request

L, R, B = "left", "right", "both"
# Text, level, properties (quantity, side, state or number), topics that are beyond the model.
FIRST = (  # written before the parser
    # understood
    ("Left arm still.", "understood", {("arm_swing", L, "low")}, set()),
    (
        "The right arm does not swing; the left arm swings normally.",
        "understood",
        {("arm_swing", R, "low"), ("arm_swing", L, "normal")},
        set(),
    ),
    ("Short steps.", "understood", {("step_length", "", "low")}, set()),
    ("Step length about 0.45 m.", "understood", {("step_length", "", 0.45)}, set()),
    (
        "Long steps and a good arm swing on both sides.",
        "understood",
        {("step_length", "", "high"), ("arm_swing", B, "normal")},
        set(),
    ),
    (
        "A slow walk with small steps and stooped posture.",
        "understood",
        {("speed", "", "low"), ("step_length", "", "low"), ("posture", "", "high")},
        set(),
    ),
    ("Shuffling gait.", "understood", {("foot_lift", "", "low")}, set()),
    (
        "Feet are hardly lifted and land flat.",
        "understood",
        {("foot_lift", "", "low"), ("heel_strike", "", "low")},
        set(),
    ),
    ("He walks quickly.", "understood", {("speed", "", "high")}, set()),
    ("Cadence of 100 steps per minute.", "understood", {("cadence", "", 100.0)}, set()),
    ("Wide-based walk.", "understood", {("step_width", "", "high")}, set()),
    (
        "Left step markedly shorter than normal, right step normal.",
        "understood",
        {("step_length", L, "low"), ("step_length", R, "normal")},
        set(),
    ),
    ("Walks at 0.8 m/s.", "understood", {("speed", "", 0.8)}, set()),
    ("Both arms hang still.", "understood", {("arm_swing", B, "low")}, set()),
    (
        "A normal, healthy walk.",
        "understood",
        {("step_length", "", "normal"), ("foot_lift", "", "normal"), ("arm_swing", B, "normal")},
        set(),
    ),
    ("Reduced knee bending on both sides.", "understood", {("knee_range", B, "low")}, set()),
    ("Arm swing reduced on the right.", "understood", {("arm_swing", R, "low")}, set()),
    ("The heels strike the ground clearly.", "understood", {("heel_strike", "", "normal")}, set()),
    ("High foot lift.", "understood", {("foot_lift", "", "high")}, set()),
    ("Asymmetric arm swing.", "understood", {("arm_asymmetry", "", "high")}, set()),
    # partly understood
    ("Short steps, and the person wears a red hat.", "partly", {("step_length", "", "low")}, set()),
    ("An old man walks slowly through the snow.", "partly", {("speed", "", "low")}, set()),
    (
        "Left arm still and the hands tremble.",
        "partly",
        {("arm_swing", L, "low")},
        {"hands", "tremor"},
    ),
    ("Takes short steps, then turns around.", "partly", {("step_length", "", "low")}, {"turning"}),
    ("Runs with long steps.", "partly", {("step_length", "", "high")}, {"running"}),
    ("Small steps up the stairs.", "partly", {("step_length", "", "low")}, {"stairs and slopes"}),
    ("Steps are short and freezing occurs.", "partly", {("step_length", "", "low")}, {"freezing"}),
    ("Reduced arm swing while carrying a bag.", "partly", {("arm_swing", "", "low")}, set()),
    (
        "Walks backwards with short steps.",
        "partly",
        {("step_length", "", "low")},
        {"walking backwards or sideways"},
    ),
    ("Sits down after slow walking.", "partly", {("speed", "", "low")}, {"sitting and standing"}),
    ("Drunk gait with a wide base.", "partly", {("step_width", "", "high")}, set()),
    # not understood
    ("The stock market fell.", "not", set(), set()),
    ("", "not", set(), set()),
    ("the and of it", "not", set(), set()),
    ("Der Patient geht mit kurzen Schritten.", "not", set(), set()),
    ("Une marche lente et prudente.", "not", set(), set()),
    ("A cat sleeps on the sofa.", "not", set(), set()),
    ("Turn left.", "not", set(), {"turning"}),
    ("Good morning, how are you?", "not", set(), set()),
    ("Interest rates are reduced.", "not", set(), set()),
)
SECOND = (  # written after the parser; the parser was corrected once after it was run on these
    ("His right arm hangs motionless at his side.", "understood", {("arm_swing", R, "low")}, set()),
    ("Please generate a walk with tiny steps.", "understood", {("step_length", "", "low")}, set()),
    ("The arms swing widely.", "understood", {("arm_swing", "", "high")}, set()),
    (
        "Both arms swing freely and the steps are long.",
        "understood",
        {("arm_swing", B, "normal"), ("step_length", "", "high")},
        set(),
    ),
    (
        "Moderately reduced step length with absent heel strike.",
        "understood",
        {("step_length", "", "low"), ("heel_strike", "", "low")},
        set(),
    ),
    (
        "The left arm swings less than the right arm.",
        "understood",
        {("arm_swing", L, "low")},
        set(),
    ),
    ("Stride length 1.1 m", "understood", {("step_length", "", 0.55)}, set()),
    (
        "A hunched person who shuffles.",
        "understood",
        {("posture", "", "high"), ("foot_lift", "", "low")},
        set(),
    ),
    (
        "Left steps of 0.4 m and right steps of 0.6 m.",
        "understood",
        {("step_length", L, 0.4), ("step_length", R, 0.6)},
        set(),
    ),
    ("Toes barely clear the floor.", "understood", {("foot_lift", "", "low")}, set()),
    ("Stiff knees.", "understood", {("knee_range", "", "low")}, set()),
    (
        "Arm swing of 10 degrees on the left and 40 degrees on the right.",
        "understood",
        {("arm_swing", L, 10.0), ("arm_swing", R, 40.0)},
        set(),
    ),
    ("Very slow gait.", "understood", {("speed", "", "low")}, set()),
    ("Feet close together.", "understood", {("step_width", "", "low")}, set()),
    ("No arm swing at all.", "understood", {("arm_swing", "", "low")}, set()),
    ("The right leg takes shorter steps.", "understood", {("step_length", R, "low")}, set()),
    (
        "Quick little steps.",
        "understood",
        {("step_length", "", "low"), ("cadence", "", "high")},
        set(),
    ),
    (
        "walk like a healthy person",
        "understood",
        {("step_length", "", "normal"), ("foot_lift", "", "normal"), ("arm_swing", B, "normal")},
        set(),
    ),
    (
        "A Parkinsonian shuffle with small steps.",
        "partly",
        {("foot_lift", "", "low"), ("step_length", "", "low")},
        set(),
    ),
    ("A happy walk with swinging arms.", "partly", set(), set()),
    ("Steps are short because the floor is icy.", "partly", {("step_length", "", "low")}, set()),
    ("She walks slowly with a cane.", "partly", {("speed", "", "low")}, {"walking aids"}),
    ("Left arm still, right hand waves.", "partly", {("arm_swing", L, "low")}, {"hands"}),
    ("Climbing with high foot lift.", "partly", {("foot_lift", "", "high")}, {"stairs and slopes"}),
    (
        "Long steps, jumping over puddles.",
        "partly",
        {("step_length", "", "high")},
        {"jumping and dancing"},
    ),
    ("Short steps and a limp tie.", "partly", {("step_length", "", "low")}, set()),
    (
        "Arm swing normal, head turned to the left.",
        "partly",
        {("arm_swing", "", "normal")},
        {"head", "turning"},
    ),
    ("Walks slowly along the beach at sunset.", "partly", {("speed", "", "low")}, set()),
    ("He is sad.", "not", set(), set()),
    ("Prices are normal and costs are low.", "not", set(), set()),
    ("Write a poem about spring.", "not", set(), set()),
    ("El paciente camina con pasos cortos.", "not", set(), set()),
    ("12345", "not", set(), set()),
    ("!!!", "not", set(), set()),
    ("The left and the right.", "not", set(), set()),
    ("Dance.", "not", set(), {"jumping and dancing"}),
    ("Sit down on the chair.", "not", set(), {"sitting and standing"}),
    ("The arms and the legs of the government are long.", "not", set(), set()),
    ("walk", "not", set(), set()),
    ("My stocks took a step down.", "not", set(), set()),
    (
        "Her left arm barely swings while the right swings normally.",
        "understood",
        {("arm_swing", L, "low"), ("arm_swing", R, "normal")},
        set(),
    ),
    (
        "Tiny shuffling steps with arms held stiffly.",
        "understood",
        {("step_length", "", "low"), ("foot_lift", "", "low"), ("arm_swing", "", "low")},
        set(),
    ),
    (
        "right arm hanging still, normal steps",
        "understood",
        {("arm_swing", R, "low"), ("step_length", "", "normal")},
        set(),
    ),
    ("Step length 30 cm on both sides.", "understood", {("step_length", B, 0.3)}, set()),
    (
        "She strides out briskly.",
        "understood",
        {("step_length", "", "high"), ("speed", "", "high")},
        set(),
    ),
    (
        "Markedly asymmetric arm swing, right side reduced.",
        "understood",
        {("arm_asymmetry", "", "high"), ("arm_swing", R, "low")},
        set(),
    ),
    (
        "Leaning forward with reduced hip motion.",
        "understood",
        {("posture", "", "high"), ("hip_range", "", "low")},
        set(),
    ),
    ("The feet are set down flat.", "understood", {("heel_strike", "", "low")}, set()),
    (
        "Right step 0.35 m, left step 0.6 m, no arm swing on the right.",
        "understood",
        {("step_length", R, 0.35), ("step_length", L, 0.6), ("arm_swing", R, "low")},
        set(),
    ),
    (
        "Foot lift mildly reduced; hips and knees move normally.",
        "understood",
        {("foot_lift", "", "low"), ("hip_range", "", "normal"), ("knee_range", "", "normal")},
        set(),
    ),
    ("Walks slowly while talking on the phone.", "partly", {("speed", "", "low")}, set()),
    ("Short steps uphill.", "partly", {("step_length", "", "low")}, {"stairs and slopes"}),
    ("Left arm still, wearing high heels.", "partly", {("arm_swing", L, "low")}, set()),
    ("Shuffles, then freezes at the door.", "partly", {("foot_lift", "", "low")}, {"freezing"}),
    (
        "Arms swing normally and the eyes are closed.",
        "partly",
        {("arm_swing", "", "normal")},
        set(),
    ),
    ("A dog runs fast.", "not", set(), {"running"}),
    ("The weather is normal today.", "not", set(), set()),
    ("Camina despacio.", "not", set(), set()),
    ("left right left right", "not", set(), set()),
    ("The price of arms increased.", "not", set(), set()),
)


def properties_of(request) -> set:
    claims = [row.claim for row in request.asked if not row.implied]
    values = [claim.state if claim.value is None else round(claim.value, 3) for claim in claims]
    return {(c.quantity, c.side, v) for c, v in zip(claims, values, strict=True)}


def is_right(text: str, level: str, properties: set, topics: set) -> bool:
    """Whether properties, level and topics of a text are all as expected."""
    request = parse_request(text)
    expected = {"understood": "understood", "partly": "partly understood"}
    return (
        properties_of(request) == properties
        and request.level == expected.get(level, "not understood")
        and set(request.beyond) == topics
    )


@pytest.mark.parametrize(("texts", "least"), [(FIRST, 40), (SECOND, 56)])
def test_texts_are_read_as_their_author_meant_them(texts, least):
    wrong = [row[0] for row in texts if not is_right(*row)]
    assert len(texts) - len(wrong) >= least, wrong


@pytest.mark.parametrize("row", [*FIRST, *SECOND], ids=lambda row: row[0][:30])
def test_a_text_that_asks_for_nothing_is_never_read_as_a_walk(row):
    text, level, _, _ = row
    if level == "not":
        assert parse_request(text).asked == ()


def test_the_other_side_is_implied_to_be_normal_unless_the_text_speaks_of_it():
    def implied(text):
        return [(r.claim.quantity, r.claim.side) for r in parse_request(text).asked if r.implied]

    assert implied("Left arm still.") == [("arm_swing", "right")]
    assert implied("Short right steps.") == [("step_length", "left")]
    assert implied("Left arm still, right arm still.") == []
    assert implied("Left arm normal.") == implied("Short steps.") == []
    assert set(SIDED) == {"arm_swing", "step_length"}


def test_words_of_a_property_are_those_of_the_text():
    text = "He takes SHORT steps,\n with the left   arm still and no heel strike"
    rows = parse_request(text).asked
    assert [row.words for row in rows if not row.implied] == [
        "He takes SHORT steps",
        "the left arm still",
        "no heel strike",
    ]
    for row in rows:
        assert 0 <= row.claim.start < row.claim.end <= len(text)


def test_parts_that_no_property_uses_are_listed_in_their_order():
    text = "On a sunny day, short steps through deep snow, left arm still; the sky is blue."
    request = parse_request(text)
    assert request.not_understood == ("On a sunny day", "through deep snow", "the sky is blue")
    assert request.level == "partly understood" and request.beyond == {}


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("Left arm still, short steps, foot lift normal.",
         {("arm_swing", L, "low"), ("step_length", "", "low"), ("foot_lift", "", "normal")}),
        ("Left foot drags, long steps", {("foot_lift", L, "low"), ("step_length", "", "high")}),
        ("Step length and arm swing are normal on both sides.",
         {("step_length", B, "normal"), ("arm_swing", B, "normal")}),
        ("Arm swing is absent on the left, normal on the right.",
         {("arm_swing", L, "low"), ("arm_swing", R, "normal")}),
    ],
)  # fmt: skip
def test_parts_of_a_list_do_not_share_their_states_and_sides(text, properties):
    assert properties_of(parse_request(text)) == properties


def test_a_stride_is_two_steps():
    (row,) = parse_request("Stride length of 1.2 m").asked
    assert (row.claim.quantity, row.claim.value) == ("step_length", 0.6)


def test_a_number_keeps_its_unit_and_side():
    (row, *_) = parse_request("Left arm swing of 12 degrees").asked
    assert (row.claim.side, row.claim.value) == ("left", 12)


def test_hands_in_a_phrase_about_arms_are_not_a_topic():
    assert parse_request("The hands are held still.").beyond == {}
    assert set(parse_request("The hands wave.").beyond) == {"hands"}
