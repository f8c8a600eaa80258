"""What is said of a connection and its servers."""

from __future__ import annotations

from typing import Any

from ..cloud.address import is_in_the_clear

_START_AN_AGENT = "The queue has no server yet. Start the agent on the PC that draws."


def warning_for(url: str) -> str | None:
    """Why a connection should not be used as it is; None where it is well."""
    if not is_in_the_clear(url):
        return None
    return (
        f"{url} is not in your home network and not encrypted: whoever is on the way can read "
        "your key. Use https."
    )


def connected_sentence(url: str, owner: str | None, servers: list[dict[str, Any]]) -> str:
    """`Connected to https://… as anna. Servers online: Attic.`"""
    told = [f"Connected to {url}{f' as {owner}' if owner else ''}."]
    if not servers:
        told.append(_START_AN_AGENT)
    here = [one["alias"] for one in servers if one["is_present"]]
    away = [one["alias"] for one in servers if not one["is_present"]]
    if here:
        told.append(f"Servers online: {', '.join(here)}.")
    if away:
        told.append(f"Away: {', '.join(away)}.")
    return " ".join(told)


def disconnected_sentence(saved: int, *, is_in_settings: bool) -> str:
    """What a disconnect did, and what stays."""
    told = ["Disconnected: key, secret and settings are removed from this machine."]
    if is_in_settings:
        told.append("The settings are frozen, so address and key (not the secret) stay in them.")
    told.append("The queue itself still accepts the key: it cannot be revoked yet.")
    if saved:
        are = "1 saved job stays" if saved == 1 else f"{saved} saved jobs stay"
        told.append(f"{are} here; discard what you do not want sent with the next connection.")
    return " ".join(told)


def no_server_sentence(names: list[str]) -> str:
    """Why a job has no server to go to, and what to do."""
    if names:
        return f"Choose a server in the accordion MobileSD Queue: {', '.join(names)}."
    return _START_AN_AGENT


def no_server_while_away(reason: str, names: list[str]) -> str:
    """The same while the queue cannot be asked for its servers; `reason` is a sentence."""
    known = f" ({', '.join(names)})" if names else ""
    return (
        f"{reason} Choose a server{known} in the accordion MobileSD Queue, or a default one in "
        "Settings, MobileSD: then jobs are kept here until the queue is back."
    )
