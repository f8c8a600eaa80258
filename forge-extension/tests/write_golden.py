"""Writes the messages and rules that both sides agree on: python tests/write_golden.py"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS), str(TESTS.parent / "mobilesdqueue")]

from support.golden_cases import CASES, message_of  # noqa: E402
from support.golden_files import MESSAGES, RULES  # noqa: E402
from support.golden_rules import rules  # noqa: E402


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Writes all of them, and removes messages of cases that are gone."""
    MESSAGES.mkdir(exist_ok=True)
    for path in MESSAGES.glob("*.json"):
        path.unlink()
    for name, screen in CASES.items():
        _write(MESSAGES / f"{name}.json", message_of(screen()))
    _write(RULES, rules())


if __name__ == "__main__":
    main()
