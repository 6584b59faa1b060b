"""Pictures as text: escaped, complete, nothing on top of anything."""

import re
import xml.etree.ElementTree as ElementTree

from playground.types import Checkpoint
from playground.ui.pictures import Stage, lineage, pipeline


def checkpoint(name, parent=None):
    return Checkpoint(name, name, "policy", "pocket", "/nowhere", parent=parent)


def boxes(svg):
    return {(m["x"], m["y"]) for m in re.finditer(r'<rect x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"', svg)}


def test_every_checkpoint_has_a_place_of_its_own():
    family = [checkpoint("base"), *(checkpoint(f"sft-{i}", "base") for i in range(5)), checkpoint("ppo", "sft-2")]
    svg = lineage(family)
    assert len(boxes(svg)) == len(family)
    assert svg.count("marker-end") == 6  # one line a child


def test_a_checkpoint_whose_parent_is_gone_is_still_drawn():
    assert len(boxes(lineage([checkpoint("orphan", "deleted")]))) == 1


def test_without_checkpoints_there_is_no_picture():
    assert lineage([]) == ""


def test_names_are_text_not_markup():
    svg = lineage([checkpoint("<script>alert(1)</script> & co")])
    assert "<script>" not in svg
    ElementTree.fromstring(svg)


def test_each_stage_opens_its_tab_in_both_layouts():
    svg = pipeline(
        [Stage("rank", "4 Rank", "say what is better", "12 preferences", next=True), Stage("runs", "7", "", "")]
    )
    assert svg.count('data-tab="rank"') == svg.count('data-tab="runs"') == 2
    assert svg.count('class="next"') == 2
    assert svg.count('tabindex="0"') == 4  # reached by keyboard
    ElementTree.fromstring(f"<div>{svg}</div>")
