"""The body of a submit, and the seeds of several."""

from __future__ import annotations

from typing import Any

from .limits import SEED_MAX


def submit_body(
    params: dict[str, Any], *, server: str, priority: int, source_info: str
) -> dict[str, Any]:
    """The body of `POST /api/v2/generate`."""
    return {
        "app_type": "forge",
        "target_server_alias": server,
        "priority": priority,
        "generation_params": params,
        "source_info": source_info,
    }


def with_seed(body: dict[str, Any], seed: int | None) -> dict[str, Any]:
    """The same body with another seed; with None as it is."""
    if seed is None:
        return body
    return {**body, "generation_params": {**body["generation_params"], "seed": seed}}


def seeds_of(params: dict[str, Any], repeat: int, rule: str) -> list[int | None]:
    """The seed of each of `repeat` jobs; None leaves that of the parameters.

    `next` goes on behind the last picture of the job before: Forge counts the seed up within a
    job, and keeps it where a variation seed is mixed in (it counts that one up instead).
    """
    seed = params.get("seed", -1)
    if rule == "screen" or repeat == 1:
        return [None] * repeat
    if rule == "random" or seed == -1:
        return [-1] * repeat
    pictures = params.get("batch_size", 1) * params.get("n_iter", 1)
    step = 1 if params.get("subseed_strength") else pictures
    # Torch seeds with 32 bits, so counting goes on at 0.
    return [(seed + i * step) % (SEED_MAX + 1) for i in range(repeat)]
