from __future__ import annotations

import stat

import pytest

from mobilesd_queue.connection.account import account_of
from mobilesd_queue.connection.credentials import Credentials, CredentialsFile, adopted
from mobilesd_queue.errors import QueueError

KEPT = Credentials("https://queue.example.com", "msk_key", "mss_secret", "anna")


@pytest.fixture
def file(tmp_path):
    return CredentialsFile(tmp_path / "mobilesd" / "forge-1")


def test_nobody_else_may_read_the_secret(file, tmp_path):
    file.write(KEPT)
    folder = tmp_path / "mobilesd" / "forge-1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "credentials.json").stat().st_mode) == 0o600
    assert file.read() == KEPT


def test_a_file_that_was_open_to_others_is_closed_by_the_next_write(file, tmp_path):
    folder = tmp_path / "mobilesd" / "forge-1"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "credentials.json").write_text("{}")
    file.write(KEPT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "credentials.json").stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_other(file, tmp_path, monkeypatch):
    file.write(KEPT)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(QueueError, match="No space left"):
        file.write(Credentials("https://other", "k", "s"))
    assert file.read() == KEPT
    assert [one.name for one in (tmp_path / "mobilesd" / "forge-1").iterdir()] == [
        "credentials.json"
    ]


def test_forgetting_leaves_nothing(file, tmp_path):
    file.write(KEPT)
    file.forget()
    assert file.read() is None
    assert list(tmp_path.iterdir()) == []
    file.forget()


def test_forgetting_leaves_saved_jobs_where_they_are(file, tmp_path):
    file.write(KEPT)
    (tmp_path / "mobilesd" / "forge-1" / "outbox").mkdir()
    file.forget()
    assert (tmp_path / "mobilesd" / "forge-1" / "outbox").is_dir()


@pytest.mark.parametrize("content", ["", "not json", "[]", "{}", '"text"', "\udcff"])
def test_a_damaged_file_is_said_with_what_to_do(file, tmp_path, content):
    file.write(KEPT)
    path = tmp_path / "mobilesd" / "forge-1" / "credentials.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(QueueError, match="Connect again"):
        file.read()


def test_the_secret_shows_in_no_text():
    account = account_of(url=KEPT.url, key="", verify_tls=True, stored=KEPT, environ={})
    for shown in (repr(KEPT), str(KEPT), repr(account), repr(account.endpoint)):
        assert "mss_secret" not in shown


def account(*, url=KEPT.url, key=KEPT.key, stored=KEPT, environ=None):
    return account_of(url=url, key=key, verify_tls=True, stored=stored, environ=environ or {})


def test_the_secret_goes_only_where_it_was_given_for():
    assert account().endpoint.secret == "mss_secret"
    assert account(url="", key="").endpoint.url == KEPT.url
    assert account(url="https://queue.example.com:443/").endpoint.url == KEPT.url
    for changed in ({"url": "https://evil.example.com"}, {"key": "msk_other"}):
        with pytest.raises(QueueError, match="was changed") as refused:
            account(**changed)
        assert refused.value.code == "not_connected"


def test_the_environment_wins_over_file_and_settings():
    environ = {
        "MOBILESD_URL": "http://attic:3000",
        "MOBILESD_API_KEY": "msk_env",
        "MOBILESD_API_SECRET": "mss_env",
    }
    found = account(environ=environ)
    assert (found.endpoint.url, found.endpoint.key) == ("http://attic:3000", "msk_env")
    with pytest.raises(QueueError, match="MOBILESD_URL"):
        account(url="", key="", environ={"MOBILESD_API_SECRET": "mss_env"})


ENVIRON = {
    "MOBILESD_URL": "http://attic:3000",
    "MOBILESD_API_KEY": "msk_env",
    "MOBILESD_API_SECRET": "mss_env",
}


def test_the_environments_secret_goes_only_where_the_environment_says():
    for missing in ("MOBILESD_URL", "MOBILESD_API_KEY"):
        environ = {name: value for name, value in ENVIRON.items() if name != missing}
        with pytest.raises(QueueError, match=r"set MOBILESD_URL and .* there too") as refused:
            account(url="http://attacker.example", key="msk_typed", environ=environ)
        assert refused.value.code == "not_connected"


def test_a_newline_at_the_end_of_a_secrets_file_does_no_harm():
    environ = {name: f"{value}\n" for name, value in ENVIRON.items()}
    assert account(environ=environ).endpoint == account(environ=ENVIRON).endpoint


@pytest.mark.parametrize("name", ["MOBILESD_API_KEY", "MOBILESD_API_SECRET"])
@pytest.mark.parametrize(
    "value", ["ms_two\nlines", "ms_two words", "ms_\u00fcml\u00e4ut", "m" * 201]
)
def test_what_cannot_be_a_secret_is_said_by_its_variable_and_never_repeated(name, value):
    with pytest.raises(QueueError, match=f"^{name} in Forge's environment") as refused:
        account(environ=ENVIRON | {name: value})
    assert "ms_" not in str(refused.value)


def test_a_kept_secret_that_cannot_be_one_is_said_and_never_repeated():
    with pytest.raises(QueueError, match="Connect again") as refused:
        account(stored=Credentials(KEPT.url, KEPT.key, "mss_two\nlines"))
    assert refused.value.code == "not_connected"
    assert "mss_" not in str(refused.value)


def test_without_anything_it_is_said_how_to_connect():
    with pytest.raises(QueueError, match="Paste its link"):
        account(stored=None)


def test_an_old_secret_of_the_options_is_moved_once():
    moved = adopted(None, url="http://attic", key="msk_old", secret="mss_old")
    assert moved == Credentials("http://attic", "msk_old", "mss_old")
    assert adopted(KEPT, url="http://attic", key="msk_old", secret="mss_old") is None
    assert adopted(None, url="http://attic", key="msk_old", secret="") is None
