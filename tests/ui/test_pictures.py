"""The pipeline as a picture: each stage opens its tab."""

import xml.etree.ElementTree as ElementTree
from dataclasses import fields, replace

from playground.settings import Settings
from playground.ui.pictures import Stage, pipeline
from playground.ui.tab import Context, tabs
from playground.ui.tabs.start import stages
from playground.workbench import Workbench


def test_no_text_of_a_stage_is_cut(tmp_path):
    bench = Workbench(Settings(data_dir=tmp_path))
    found = stages(Context(bench, *[None] * (len(fields(Context)) - 1)), "local")
    bench.close()
    longest = [replace(stage, have="1000 preferences") for stage in found]
    beside = {"start", "attack", "workshop"}  # not steps that a model passes through
    assert {tab.id for tab in tabs()} - {stage.tab for stage in found} == beside
    assert "…" not in pipeline(found) + pipeline(longest)


def test_each_stage_opens_its_tab_in_both_layouts():
    svg = pipeline(
        [Stage("rank", "4 Rank", "say what is better", "12 preferences", next=True), Stage("runs", "7", "", "")]
    )
    assert svg.count('data-tab="rank"') == svg.count('data-tab="runs"') == 2
    assert svg.count('class="next"') == 2
    assert svg.count('tabindex="0"') == 4  # reached by keyboard
    ElementTree.fromstring(f"<div>{svg}</div>")
