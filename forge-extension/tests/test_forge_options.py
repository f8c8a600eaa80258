"""What the extension keeps in Forge's settings, and what it reads from them at a click."""

import json
import logging
from contextlib import contextmanager
from importlib import import_module

import pytest

from mobilesd_queue.errors import QueueError
from support.forge_modules import OptionInfo, Options, forge_modules

SECRET = "mss_something_long"


@contextmanager
def forge(tmp_path, data=None, *, is_frozen=False, checkpoints=None):
    """Both modules as they are in a Forge with these options, and its config.json."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(data or {}))
    opts = Options(dict(data or {}), is_frozen=is_frozen)
    with forge_modules(opts, config, checkpoints or {}):
        options = import_module("mobilesd_queue.webui.options")
        host_state = import_module("mobilesd_queue.webui.host_state")
        yield opts, config, options, host_state


def test_no_option_is_a_secret_and_who_has_only_the_api_cannot_send_it_elsewhere(tmp_path):
    with forge(tmp_path) as (opts, _, options, _host):
        options.add_settings()
    assert [name for name in opts.data_labels if "secret" in name] == []
    restricted = {name for name, info in opts.data_labels.items() if info.restrict_api}
    assert restricted == {"mobilesd_url", "mobilesd_api_key", "mobilesd_verify_tls"}
    assert {info.section for info in opts.data_labels.values()} == {("mobilesd", "MobileSD")}


def test_settings_never_saved_have_their_defaults(tmp_path):
    with forge(tmp_path) as (_, _config, options, _host):
        now = options.current_options()
    assert (now.url, now.api_key, now.server) == ("http://127.0.0.1:3000", "", "")
    assert (now.priority, now.verify_tls) == (5, True)


@pytest.mark.parametrize(
    ("kept", "read"), [(None, 5), ("x", 5), (True, 5), (0, 1), (11, 10), (3.0, 3), ("7", 7)]
)
def test_a_priority_that_config_json_has_wrong_is_still_one(tmp_path, kept, read):
    with forge(tmp_path, {"mobilesd_priority": kept}) as (_, _config, options, _host):
        assert options.current_options().priority == read


@pytest.mark.parametrize("kept", [None, "", 0])
def test_a_certificate_goes_unchecked_only_where_somebody_said_so(tmp_path, kept):
    with forge(tmp_path, {"mobilesd_verify_tls": kept}) as (_, _config, options, _host):
        assert options.current_options().verify_tls is True


def test_settings_are_read_as_they_are_at_the_moment(tmp_path):
    with forge(tmp_path) as (opts, _, options, _host):
        opts.data.update(mobilesd_url=" https://queue.example ", mobilesd_verify_tls=False)
        now = options.current_options()
    assert (now.url, now.verify_tls) == ("https://queue.example", False)


def test_address_and_key_are_kept_in_forges_settings(tmp_path):
    with forge(tmp_path) as (_, config, options, _host):
        options.keep_options("https://queue.example", "msk_1")
    assert json.loads(config.read_text()) == {
        "mobilesd_url": "https://queue.example",
        "mobilesd_api_key": "msk_1",
    }


def test_connecting_writes_nothing_of_a_running_job_into_forges_settings(tmp_path):
    data = {"CLIP_stop_at_last_layers": 1}
    with forge(tmp_path, data) as (opts, config, options, _host):
        config.write_text(json.dumps(data))
        opts.data["CLIP_stop_at_last_layers"] = 2
        opts.data["randn_source"] = "CPU"
        options.keep_options("https://queue.example", "msk_1")
    assert json.loads(config.read_text()) == {
        "CLIP_stop_at_last_layers": 1,
        "mobilesd_url": "https://queue.example",
        "mobilesd_api_key": "msk_1",
    }


def test_disconnecting_takes_every_setting_of_ours_out_of_forges(tmp_path):
    with forge(tmp_path, {"other": 1}) as (opts, config, options, _host):
        options.add_settings()
        opts.save(str(config))
        options.keep_options("", "")
    assert [name for name in opts.data if name.startswith("mobilesd")] == []
    assert json.loads(config.read_text()) == {"other": 1}


def test_frozen_settings_are_told_with_the_way_around(tmp_path):
    with (
        forge(tmp_path, is_frozen=True) as (_, _config, options, _host),
        pytest.raises(QueueError, match="MOBILESD_API_SECRET"),
    ):
        options.keep_options("https://queue.example", "msk_1")


def test_an_old_secret_leaves_options_and_file_once_it_is_safe(tmp_path):
    adopted = []
    with forge(tmp_path, {"mobilesd_api_secret": SECRET, "other": 1}) as (opts, config, options, _):
        options.move_old_secret(lambda secret: adopted.append(secret) or True)
    assert adopted == [SECRET]
    assert opts.data == {"other": 1}
    assert SECRET not in config.read_text()


def test_an_old_secret_that_found_no_safe_place_stays(tmp_path):
    with forge(tmp_path, {"mobilesd_api_secret": SECRET}) as (opts, config, options, _host):
        options.move_old_secret(lambda secret: False)
    assert opts.data == {"mobilesd_api_secret": SECRET}
    assert SECRET in config.read_text()


def test_an_old_secret_that_cannot_be_erased_is_pointed_out_without_naming_it(tmp_path, caplog):
    data = {"mobilesd_api_secret": SECRET}
    with (
        forge(tmp_path, data) as (opts, config, options, _),
        caplog.at_level(logging.WARNING, logger="mobilesd_queue"),
    ):
        config.unlink()
        config.mkdir()
        options.move_old_secret(lambda secret: True)
    assert opts.data == {}
    assert "mobilesd_api_secret" in caplog.text
    assert SECRET not in caplog.text


def test_checkpoint_and_modules_are_named_as_forge_lists_them(tmp_path):
    data = {
        "sd_model_checkpoint": "pony [abc]",
        "forge_additional_modules": ["/models/VAE/clear.safetensors"],
        "CLIP_stop_at_last_layers": 2,
    }
    with forge(tmp_path, data, checkpoints={"pony [abc]": "Pony/pony.safetensors"}) as parts:
        state = parts[3].read_host_state()
    assert state.checkpoint == "Pony/pony.safetensors"
    assert (state.modules, state.clip_skip) == (("clear.safetensors",), 2)


def test_a_checkpoint_that_forge_does_not_know_is_none(tmp_path):
    with forge(tmp_path, {"sd_model_checkpoint": "gone"}) as parts:
        assert parts[3].read_host_state().checkpoint is None


def test_only_options_that_a_job_can_carry_and_that_were_changed_are_read(tmp_path):
    with forge(tmp_path) as (opts, _, _options, host_state):
        for name, default in (("tiling", False), ("eta_ancestral", 1.0), ("outdir_samples", "")):
            opts.add_option(name, OptionInfo(default))
        opts.data.update(tiling=True, outdir_samples="/home/me/pictures")
        assert host_state.read_host_state().options == {"tiling": True}


def test_low_bits_are_read_also_where_nobody_changed_them(tmp_path):
    with forge(tmp_path) as (opts, _, _options, host_state):
        opts.add_option("forge_unet_storage_dtype", OptionInfo("Automatic"))
        assert host_state.read_host_state().options == {"forge_unet_storage_dtype": "Automatic"}


def test_a_lora_of_forges_settings_is_read(tmp_path):
    with forge(tmp_path) as (opts, _, _options, host_state):
        opts.add_option("sd_lora", OptionInfo("None"))
        assert host_state.read_host_state().options == {}
        opts.data["sd_lora"] = "fur"
        assert host_state.read_host_state().options == {"sd_lora": "fur"}
