from __future__ import annotations

import pytest

from mobilesd_queue.errors import QueueError
from mobilesd_queue.paths import private_folder


def test_the_folder_is_the_users_own_and_another_for_every_forge(tmp_path):
    environ = {"HOME": "/home/anna"}
    one, other = (
        private_folder(tmp_path / name, environ=environ, platform="linux") for name in "ab"
    )
    assert str(one).startswith("/home/anna/.config/mobilesd/forge-")
    assert len(one.name) == len("forge-") + 8
    assert one != other


def test_xdg_and_appdata_are_obeyed(tmp_path):
    xdg = {"XDG_CONFIG_HOME": "/config", "HOME": "/home/anna"}
    folder = private_folder(tmp_path, environ=xdg, platform="linux")
    assert str(folder).startswith("/config/mobilesd/")
    windows = private_folder(tmp_path, environ={"APPDATA": "/roaming"}, platform="win32")
    assert str(windows).startswith("/roaming/mobilesd/")


def test_a_folder_that_forges_page_serves_is_refused(tmp_path):
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    with pytest.raises(QueueError, match="XDG_CONFIG_HOME") as refused:
        private_folder(tmp_path, environ=environ, platform="linux")
    assert str(tmp_path) not in str(refused.value)


def test_a_link_into_forges_folder_is_seen_through(tmp_path):
    forge = tmp_path / "forge"
    (forge / "config").mkdir(parents=True)
    (tmp_path / "link").symlink_to(forge / "config")
    with pytest.raises(QueueError):
        private_folder(forge, environ={"XDG_CONFIG_HOME": str(tmp_path / "link")}, platform="linux")


def test_without_a_home_it_is_said(tmp_path):
    with pytest.raises(QueueError, match="HOME"):
        private_folder(tmp_path, environ={}, platform="linux")
