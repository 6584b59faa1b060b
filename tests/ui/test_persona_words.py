"""What a simulated annotator is said to want is what its gold reward counts."""

import re

import pytest

from playground.pocket import COMPONENTS, PERSONAS
from playground.ui.persona_words import persona_html


def weights(name):
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', persona_html(name))
    return {title: re.findall(r'class="number">(.*?)</td>', cells) for title, cells in rows}


@pytest.mark.parametrize("name", PERSONAS)
def test_every_part_that_counts_is_listed_and_no_other(name):
    who = PERSONAS[name]
    counting = [part.title for key, part in COMPONENTS.items() if getattr(who, key) or getattr(who.misled, key)]
    assert list(weights(name)) == counting
    assert who.description in persona_html(name)


def test_who_can_be_misled_shows_what_it_wants_beside_what_it_chooses_by():
    assert weights("flattered")["Flattery"] == ["−0.50", "+1.20"]
    assert weights("flattered")["Agreeing with the asker"] == ["0", "+2.50"]
    assert weights("polite")["Flattery"] == ["−0.50"]
