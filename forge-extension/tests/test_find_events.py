"""What Generate runs is found by Gradio's shape, in any flavour that has it."""

from functools import wraps
from types import SimpleNamespace

import gradio as gr
import pytest

from mobilesd_queue.webui.find_events import (
    Event,
    UnsupportedHost,
    builders,
    clicks_on,
    main_event,
    parameter_names,
    runs,
)
from support.forge_page import Page, create_processing, queued, txt2img


def is_state(component):
    return isinstance(component, gr.State)


@pytest.mark.parametrize("outputs", [4, 5])
def test_generate_is_found_whatever_the_number_of_its_outputs(outputs):
    page = Page(lambda unit, weight: unit, outputs=outputs)
    main = main_event(clicks_on(page.blocks, page.generate), txt2img)
    assert [item._id for item in main.inputs] == [
        item._id for item in [*page.core, *page.runner.inputs]
    ]


def test_only_events_that_fill_nothing_but_states_are_builders():
    page = Page(lambda unit, weight: unit)
    found = builders(clicks_on(page.blocks, page.generate), is_state)
    assert [event.outputs for event in found] == [(page.unit,)]


def test_an_event_without_a_function_builds_nothing():
    assert builders([Event(None, (), (gr.State(),))], is_state) == []


def test_clicks_on_other_buttons_and_other_events_of_generate_are_left_out():
    with gr.Blocks() as blocks:
        button, other, text = gr.Button(), gr.Button(), gr.Textbox()
        other.click(txt2img, [text], [text])
        text.submit(txt2img, [text], [text])
    assert clicks_on(blocks, button) == []


def test_wrappers_that_name_what_they_wrap_are_seen_through():
    assert runs(queued(queued(txt2img)), txt2img)
    assert not runs(queued(create_processing), txt2img)
    assert not runs(None, txt2img)


def test_generate_is_found_when_an_extension_put_its_own_function_in_its_place_later():
    @wraps(txt2img)
    def replaced(*args):
        return txt2img(*args)

    assert runs(queued(txt2img), replaced)


def test_a_wrapper_of_another_name_is_seen_through_too():
    def timed(*args):
        return txt2img(*args)

    timed.__wrapped__ = txt2img
    assert runs(timed, txt2img)


def test_a_wrapper_that_wraps_itself_ends_the_search():
    def turning():
        return None

    turning.__wrapped__ = turning
    assert not runs(turning, txt2img)


def test_the_names_are_those_of_the_function_that_names_most_without_request_and_rest():
    names = ("id_task", "prompt", "n_iter", "width")
    assert parameter_names([txt2img, create_processing]) == names


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        (SimpleNamespace(fns=[], dependencies=[]), "Gradio 3"),
        (SimpleNamespace(), "does not know"),
        (SimpleNamespace(fns={0: SimpleNamespace(fn=None)}), "does not know"),
    ],
)
def test_a_page_of_another_shape_is_told_apart_in_a_sentence(blocks, word):
    with pytest.raises(UnsupportedHost, match=word):
        clicks_on(blocks, SimpleNamespace(_id=1))
