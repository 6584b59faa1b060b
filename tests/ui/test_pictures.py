"""The pipeline as a picture: each stage opens its tab."""

import xml.etree.ElementTree as ElementTree

from playground.ui.pictures import Stage, pipeline


def test_each_stage_opens_its_tab_in_both_layouts():
    svg = pipeline(
        [Stage("rank", "4 Rank", "say what is better", "12 preferences", next=True), Stage("runs", "7", "", "")]
    )
    assert svg.count('data-tab="rank"') == svg.count('data-tab="runs"') == 2
    assert svg.count('class="next"') == 2
    assert svg.count('tabindex="0"') == 4  # reached by keyboard
    ElementTree.fromstring(f"<div>{svg}</div>")
