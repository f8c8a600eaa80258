"""At start each tab says whether a click would capture all of it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mobilesd_queue.webui.find_events import Event
from mobilesd_queue.webui.read_screen import Binding
from mobilesd_queue.webui.script_tables import ScriptTable
from mobilesd_queue.webui.self_test import report_on

NAMES = ("id_task", "prompt", "negative_prompt", "width", "height", "n_iter", "batch_size")
PICTURES = ("init_img", "init_img_with_mask", "init_img_with_mask_fg", "init_mask_inpaint")


class LogicalImage(SimpleNamespace):
    pass


def component(number):
    return SimpleNamespace(_id=number)


def binding(tab="txt2img", names=NAMES, scripts=3):
    kinds = [LogicalImage if name in PICTURES else SimpleNamespace for name in names]
    core = [kind(_id=number) for number, kind in enumerate(kinds)]
    tail = [component(100 + number) for number in range(scripts)]
    main = Event(print, (*core, *tail), ())
    tables = (ScriptTable("FreeU", "alwayson", 1, 3),)
    return Binding(tab, main, names, (), tables, ()), tail


def test_a_whole_tab_says_what_was_found():
    found, table = binding()
    report = report_on(found, table)
    assert report.whole
    assert "7 fields, 1 scripts with 2 arguments, 0 builders, 0 pictures" in report.sentence


def test_a_name_that_is_missing_is_named():
    found, table = binding(names=tuple(name for name in NAMES if name != "width"))
    report = report_on(found, table)
    assert not report.whole
    assert "Update" in report.sentence
    assert "called width" in report.sentence


@pytest.mark.parametrize(
    "change",
    [lambda table: table[:-1], lambda table: table[::-1], lambda table: [*table, component(999)]],
    ids=["one too few", "another order", "one too many"],
)
def test_scripts_whose_inputs_are_not_forges_own_table_are_not_whole(change):
    found, table = binding()
    report = report_on(found, change(table))
    assert not report.whole
    assert "Update" in report.sentence
    assert "table of scripts" in report.sentence


def test_a_script_that_reaches_beyond_the_page_is_named():
    found, table = binding(scripts=2)
    report = report_on(found, table)
    assert not report.whole
    assert "Update" in report.sentence
    assert "FreeU" in report.sentence


def test_img2img_needs_its_pictures():
    whole, table = binding("img2img", (*NAMES, *PICTURES))
    assert report_on(whole, table).whole
    inputs = tuple(component(item._id) for item in whole.main.inputs)
    blind = replace(whole, main=replace(whole.main, inputs=inputs))
    report = report_on(blind, table)
    assert not report.whole
    assert "Update" in report.sentence
    assert "init_img" in report.sentence
