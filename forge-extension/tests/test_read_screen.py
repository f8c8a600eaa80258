"""A click's values become the screen that Generate would have run."""

import gradio as gr
import pytest

from mobilesd_queue.capture.screen import HostState
from mobilesd_queue.webui.read_screen import read_screen
from mobilesd_queue.webui.script_tables import always_on_tables
from support.forge_page import Page

HOST = HostState(checkpoint="one.safetensors")


def build(unit, weight):
    return {**unit, "weight": weight}


def read(page, **changed):
    """What a click reads: the page's own values, then those that are named here."""
    values = {
        page.core[0]: "",
        page.core[1]: "a lighthouse",
        page.core[2]: 2,
        page.core[3]: 512,
        page.steps: 30,
        page.weight: 0.5,
        page.unit: {"weight": 1},
        page.choice: 0,
        page.loops: 4,
    }
    values.update({getattr(page, name): value for name, value in changed.items()})
    by_id = {component._id: value for component, value in values.items()}
    binding = page.binding()
    given = [by_id[component._id] for component in binding.inputs]
    return read_screen(binding, given, "a request", host=HOST, read_overrides=lambda texts: {})


def test_core_fields_stand_by_name_and_the_task_is_left_out():
    assert read(Page(build)).values == {"prompt": "a lighthouse", "n_iter": 2, "width": 512}


def test_a_builder_runs_before_its_script_is_read():
    [_, unit] = read(Page(build)).scripts
    assert unit.values == ({"weight": 0.5},)
    assert unit.defaults == ({"weight": 1},)
    assert unit.uncaptured is None


def test_built_in_scripts_name_their_fields_and_labels():
    [sampler, _] = read(Page(build)).scripts
    assert (sampler.kind, dict(sampler.fields)) == ("builtin", {"steps": 0})
    assert (sampler.labels, sampler.values) == (("Sampling steps",), (30,))


def test_scripts_that_draw_themselves_again_later_change_nothing():
    page = Page(build)
    binding = page.binding()
    with gr.Blocks():
        again = gr.Slider()
    page.runner.scripts[0].infotext_fields[0].component = again
    assert binding.scripts[0].fields == {"steps": 0}


def test_a_selectable_script_is_read_only_when_it_is_chosen():
    assert read(Page(build)).selected is None
    assert read(Page(build), choice=None).selected is None
    chosen = read(Page(build), choice=1).selected
    assert (chosen.title, chosen.kind, chosen.values) == ("Loop", "selectable", (4,))


def test_a_list_that_hands_over_a_place_tells_its_names():
    page = Page(build)
    unit = page.runner.scripts[1]
    page.runner.inputs[unit.args_from] = gr.Radio([("First", "one"), "two"], type="index")
    unit.api_info.args[0].value = "two"
    read_unit = always_on_tables(page.runner)[1].on_screen([0] * 9, {})
    assert (read_unit.choices, read_unit.defaults) == ({0: ("one", "two")}, (1,))


def test_a_builder_that_fails_marks_its_script_and_no_other():
    def broken(unit, weight):
        raise RuntimeError("no such unit")

    sampler, unit = read(Page(broken)).scripts
    assert (sampler.uncaptured, unit.uncaptured) == (None, "no such unit")


def test_a_builder_that_needs_the_page_is_not_guessed():
    [_, unit] = read(Page(build, js="(...args) => args")).scripts
    assert unit.uncaptured


def test_a_builder_that_asks_for_the_request_gets_it():
    def with_request(unit, request: gr.Request, weight):
        return {"request": request, "weight": weight}

    [_, unit] = read(Page(with_request)).scripts
    assert unit.values == ({"request": "a request", "weight": 0.5},)


def test_each_component_is_asked_for_once():
    binding = Page(build).binding()
    ids = [component._id for component in binding.inputs]
    assert len(ids) == len(set(ids)) == len(binding.main.inputs) + 1


def test_a_value_too_few_is_an_error_and_never_a_shift():
    binding = Page(build).binding()
    with pytest.raises(ValueError, match="zip"):
        read_screen(binding, [0], None, host=HOST, read_overrides=lambda texts: {})


def test_a_script_that_cannot_tell_its_title_is_not_trusted_and_harms_no_other():
    def no_title():
        raise RuntimeError("none")

    page = Page(build)
    page.runner.scripts[1].title = no_title
    page.runner.scripts[1].filename = "/forge/extensions/odd/scripts/odd.py"
    sampler, odd = read(page).scripts
    assert (sampler.title, sampler.uncaptured) == ("Sampler", None)
    assert odd.title == "odd.py"
    assert odd.uncaptured
