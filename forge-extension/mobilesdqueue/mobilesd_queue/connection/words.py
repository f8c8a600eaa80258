"""What a test of the connection says."""

from __future__ import annotations

from typing import Any

from ..cloud.address import is_in_the_clear


def warning_for(url: str) -> str | None:
    """Why a connection should not be used as it is; None where it is well."""
    if not is_in_the_clear(url):
        return None
    return (
        f"{url} is not in your home network and not encrypted: whoever is on the way can read "
        "your key. Use https."
    )


def connected_sentence(url: str, owner: str | None, servers: list[dict[str, Any]]) -> str:
    """`Connected to https://… as anna. There: Attic.`"""
    told = [f"Connected to {url}{f' as {owner}' if owner else ''}."]
    if not servers:
        told.append("It has no server yet: an agent has to be paired with it.")
    here = [str(one.get("alias")) for one in servers if one.get("is_present") is True]
    away = [str(one.get("alias")) for one in servers if one.get("is_present") is not True]
    if here:
        told.append(f"There: {', '.join(here)}.")
    if away:
        told.append(f"Not there now: {', '.join(away)}.")
    return " ".join(told)


def no_server_sentence(names: list[str]) -> str:
    """Why a job has no server to go to."""
    if names:
        return f"Choose a server for the job: {', '.join(names)}."
    return "The queue has no server yet: an agent has to be paired with it first."
