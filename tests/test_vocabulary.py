"""The page's words: each is explained once, shortly, and recognised where it stands."""

import pytest

from playground.vocabulary import GLOSSARY, METRICS, words_in

WANTED = ["gold reward", "proxy reward", "persona", "std", "nats", "k1", "k3", "sigmoid", "KL", "margin", "calibration"]


@pytest.mark.parametrize("name", WANTED)
def test_a_word_that_a_student_lacks_is_in_the_glossary(name):
    assert name in {word.name for word in GLOSSARY}


@pytest.mark.parametrize("word", GLOSSARY, ids=lambda word: word.name)
def test_an_explanation_is_one_short_sentence(word):
    assert word.means[0].isupper() and word.means.endswith(".")
    assert ". " not in word.means
    assert len(word.means.split()) <= 22


def test_no_word_is_explained_twice():
    names = [word.name.lower() for word in GLOSSARY]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("KL from the reference (k1)", {"KL", "reference", "k1"}),
        ("3 nats, one nat", {"nats"}),
        ("Policies and personas", {"policy", "persona"}),
        ("standard kl_coef, marginal, tokenizer, personal", set()),
        ("held-out Margins", {"held-out", "margin"}),
    ],
)
def test_a_word_is_found_in_any_form_but_never_inside_another(text, names):
    assert {word.name for word in words_in(text)} == names


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_every_unit_that_is_not_plain_is_explained(metric):
    plain = {"", "share", "tokens", "reward", "reward²"}
    explained = {word.name for word in words_in(metric.unit)}
    assert metric.unit in plain or explained
