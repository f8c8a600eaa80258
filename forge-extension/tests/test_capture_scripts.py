"""Always-on scripts (forge-reference 4.4)."""

from dataclasses import replace

import pytest

from support.screens import adetailer, alwayson, detailer_unit, freeu, txt2img


def scripts(params_of, *given, **values):
    return params_of(txt2img(*given, **values)).get("alwayson_scripts", {})


def test_a_script_that_is_as_by_default_is_left_out(params_of):
    assert scripts(params_of, freeu(on=False)) == {}


def test_a_changed_script_goes_along_whole_with_its_fingerprint(params_of):
    title = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)"
    assert scripts(params_of, freeu(on=True)) == {
        title: {
            "args": [True, 1.01, 1.02, 0.99, 0.95, 0.0, 1.0],
            "arg_labels": [title, "B1", "B2", "S1", "S2", "Start step", "End step"],
        }
    }


def test_a_script_of_unknown_defaults_always_goes_along(params_of):
    found = scripts(params_of, alwayson("X", [False, 1], None))
    assert found["X"]["args"] == [False, 1]


def test_a_script_without_arguments_is_left_out(params_of):
    assert scripts(params_of, alwayson("MobileSD Queue", [], [])) == {}


def test_a_script_with_one_argument_more_than_its_defaults_goes_along(params_of):
    assert scripts(params_of, alwayson("X", [False, 1], [False]))["X"]["args"] == [False, 1]


def test_labels_are_cut_and_as_many_as_the_arguments(params_of):
    script = alwayson("X", [True, 1, 2], [False, 1, 2], labels=["a" * 600, None])
    assert scripts(params_of, script)["X"]["arg_labels"] == ["a" * 500, None, None]


def test_page_only_scripts_never_go_along(params_of):
    changed = [alwayson(title, [1], [2], kind="builtin") for title in ("Refiner", "REFINER")]
    assert scripts(params_of, replace(changed[1], fields={})) == {}


def test_another_page_only_script_is_refused_once_it_is_changed(params_of, reasons_of):
    as_is = alwayson("MaHiRo", [False], [False], kind="builtin")
    assert scripts(params_of, as_is) == {}
    assert reasons_of(txt2img(replace(as_is, values=(True,)))) == (
        "MaHiRo works on Forge's own page only and cannot be queued: set it back.",
    )


def test_a_script_that_could_not_be_read_is_refused_unless_it_is_off(params_of, reasons_of):
    trouble = {"labels": ["Enable"], "uncaptured": "ValueError in its builder"}
    script = alwayson("X", [True], [True], **trouble)
    assert reasons_of(txt2img(script)) == (
        "X could not be read (ValueError in its builder): switch the script off.",
    )
    assert scripts(params_of, replace(script, values=(False,))) == {}


def test_of_two_scripts_of_one_name_the_first_goes_along(params_of, reasons_of):
    first, second = alwayson("X", [1], [0]), alwayson("x", [2], [0])
    assert scripts(params_of, first, replace(second, values=(0,)))["X"]["args"] == [1]
    assert reasons_of(txt2img(first, second)) == (
        "There are two scripts called x, and only the first can be queued: switch the second off.",
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (object(), "holds something that only Forge can read (object)"),
        ("/home/me/poses", "names a folder or an address"),
        ("https://example.org/x.png", "names a folder or an address"),
        (float("inf"), "is not a finite number"),
        (b"x", "holds something that only Forge can read (bytes)"),
        ("a\0", "holds characters that cannot be stored"),
        ({"upload_id": "x"}, "has a part called upload_id, which means a picture to the queue"),
    ],
)
def test_what_cannot_be_carried_over_is_told_by_script_and_argument(reasons_of, value, why):
    script = alwayson("X", [True, value], [False, None], labels=["Enable", "Folder"])
    assert reasons_of(txt2img(script)) == (
        f'X: its argument "Folder" {why}. Change that, or switch the script off.',
    )


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("X", "Enable"),
        ("X", "enabled"),
        ("X", "Active"),
        ("X", "On"),
        ("Soft Inpainting", "Soft inpainting"),
        ("ADetailer plus", "Enable ADetailer plus"),
        ("Dynamic Prompts v2.17.1", "Dynamic Prompts enabled"),
    ],
)
def test_a_script_that_is_off_may_hold_what_cannot_be_carried_over(params_of, title, label):
    script = alwayson(title, [False, "/home/me/poses"], [False, ""], labels=[label, "Folder"])
    assert scripts(params_of, script) == {}
    assert scripts(params_of, replace(script, uncaptured="ValueError")) == {}


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Warp", "Invert"),
        ("Warp", None),
        ("Warp", ""),
        ("Warp", "Warped"),
        ("Never OOM Integrated", "Enabled for UNet (always maximize offload)"),
    ],
)
def test_a_first_tick_that_is_no_switch_lets_no_script_get_lost(reasons_of, title, label):
    labels = [label, "Source"]
    script = alwayson(title, [False, object()], [False, None], labels=labels)
    assert reasons_of(txt2img(script)) == (
        f'{title}: its argument "Source" holds something that only Forge can read (object). '
        "Change that, or switch the script off.",
    )
    unread = alwayson(title, [False], [False], labels=[label], uncaptured="KeyError")
    assert reasons_of(txt2img(unread)) == (
        f"{title} could not be read (KeyError): switch the script off.",
    )


def test_a_script_without_a_switch_that_is_off_goes_along_where_it_is_changed(params_of):
    script = alwayson("Warp", [False, 0.9], [False, 0.5], labels=["Invert", "Strength"])
    assert scripts(params_of, script)["Warp"]["args"] == [False, 0.9]


def test_an_untouched_script_may_hold_what_cannot_be_carried_over(params_of):
    assert scripts(params_of, alwayson("X", ["/home/me/poses"], ["/home/me/poses"])) == {}


def test_too_many_scripts_are_refused(reasons_of):
    many = [alwayson(f"S{at}", [1], [0]) for at in range(33)]
    assert reasons_of(txt2img(*many)) == ("33 scripts are switched on or changed: leave 32.",)


def test_too_many_arguments_are_refused(reasons_of):
    reasons = reasons_of(txt2img(alwayson("X", [1] * 513, None)))
    assert reasons == ("X has more than 512 arguments: switch the script off.",)


UNIT = detailer_unit(ad_model="face_yolov8n.pt")


def test_adetailer_goes_along_with_its_units(params_of):
    found = scripts(params_of, adetailer(True, UNIT, detailer_unit()))["ADetailer"]
    assert found["args"][:2] == [True, False]
    assert found["args"][2] == {**UNIT, "is_api": []}
    assert found["arg_labels"] == ["Enable ADetailer", "Skip img2img", None, None]


@pytest.mark.parametrize(
    "script",
    [
        adetailer(False, UNIT),
        adetailer(True, detailer_unit(ad_prompt="x")),
        adetailer(True, detailer_unit(ad_model="face_yolov8n.pt", ad_tab_enable=False)),
        adetailer(False, UNIT, uncaptured="ValueError"),
    ],
)
def test_adetailer_that_would_do_nothing_is_left_out(params_of, script):
    assert scripts(params_of, script) == {}
