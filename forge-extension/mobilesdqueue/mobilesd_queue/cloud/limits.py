"""Numbers of the client. Those of the queue are its contract's (src/contract/limits.ts)."""

from __future__ import annotations

SEED_MAX = 4_294_967_295
PRIORITY_FIRST = 1
PRIORITY_LAST = 10
PRIORITY_DEFAULT = 5
IMAGE_BYTES_MAX = 95_000_000
IDEMPOTENCY_TTL_S = 7 * 86_400.0

JOBS_PER_CLICK_MAX = 50
"""They go one by one while somebody waits at the button."""

UPLOAD_THREADS_MAX = 4
"""Packing a picture keeps a core busy and sending it does not: more gains nothing."""

CONNECT_TIMEOUT_S = 5.0
"""Half a second suffices around the world; a lost packet is repeated after one and three."""

ANSWER_TIMEOUT_S = 15.0
"""Silence for this long is no answer: the queue itself gives a stalled database 3 s."""

JSON_BYTES_MAX = 32_000_000
"""Two hundred jobs of a list with their infotexts stay far below."""

SEND_PIECE_BYTES = 262_144
"""The timeout counts per piece, so that a large picture may take long on a slow line."""
