"""The lineage as a picture: complete, readable, no box and no line on top of another box."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from playground.types import Checkpoint
from playground.ui.lineage import lineage, places

LONG = "PPO held near its reference with a very patient teacher 12"


def checkpoint(name, parent=None, kind="policy", method="dpo"):
    return Checkpoint(name, name, kind, "pocket", "/nowhere", parent=parent, method=method)


FAMILY = [
    checkpoint("base"),
    checkpoint("sft", "base"),
    checkpoint("dpo-1", "sft"),
    checkpoint("judge", "sft", "reward"),
    checkpoint("ppo", "sft"),
    checkpoint("dpo-2", "ppo"),
    checkpoint("second judge", "ppo", "reward"),
    checkpoint("ppo-2", "sft"),
]
SCORED = {"ppo": "judge", "ppo-2": "second judge"}


def picture(html):
    return ElementTree.fromstring(f"<div>{html}</div>").find("div[@class='wide']/div/*")


def found(html, tag):
    return [node for node in picture(html).iter() if node.tag.endswith("}" + tag)]


def boxes(html):
    return [tuple(float(rect.get(k)) for k in ("x", "y", "width", "height")) for rect in found(html, "rect")]


def arrows(html):
    return [path for path in found(html, "path") if path.get("marker-end")]


def straight_parts(path):
    """The level pieces of a line: (x from, x to, y)."""
    points = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d"))]
    return [(min(a[0], b[0]), max(a[0], b[0]), a[1]) for a, b in pairwise(points) if a[1] == b[1]]


def test_every_checkpoint_has_a_place_of_its_own_right_of_what_made_it():
    stands = places({c.id: c for c in FAMILY}, SCORED)
    assert len(set(stands.values())) == len(FAMILY)
    for one in FAMILY:
        for source in (one.parent, SCORED.get(one.id)):
            assert source is None or stands[source][0] < stands[one.id][0]


def test_no_box_stands_on_another_and_no_line_runs_through_one():
    html = lineage(FAMILY, SCORED)
    drawn = boxes(html)
    assert len(drawn) == len(FAMILY)
    for i, (x, y, width, height) in enumerate(drawn):
        for other_x, other_y, *_ in drawn[i + 1 :]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height
        for path in arrows(html):
            for begin, end, level in straight_parts(path):
                assert not (y < level < y + height and begin < x + width and end > x)


def test_a_policy_has_an_arrow_from_its_parent_and_one_from_the_model_that_scored_it():
    html = lineage(FAMILY, SCORED)
    assert len([path for path in arrows(html) if path.get("class") is None]) == len([c for c in FAMILY if c.parent])
    assert len([path for path in arrows(html) if path.get("class") == "scores"]) == len(SCORED)
    assert "ppo" in html and "scored by judge" in html


def test_a_long_name_is_not_cut():
    html = lineage([checkpoint(LONG), checkpoint("short")])
    first = next(node for node in picture(html).iter() if node.tag.endswith("}g"))
    shown = " ".join(text.text for text in first if text.tag.endswith("}text") and text.get("class") is None)
    assert shown == LONG


@pytest.mark.parametrize("scored", [{}, {"orphan": "deleted too"}])
def test_a_checkpoint_whose_origin_is_gone_is_still_drawn(scored):
    html = lineage([checkpoint("orphan", "deleted")], scored)
    assert len(boxes(html)) == 1 and not arrows(html)


def test_without_checkpoints_there_is_no_picture():
    assert lineage([]) == ""


def test_names_are_text_not_markup():
    html = lineage([checkpoint("<script>alert(1)</script> & co")])
    assert "<script>" not in html
    ElementTree.fromstring(f"<div>{html}</div>")
