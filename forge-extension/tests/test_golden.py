"""What the queue's own tests hold against its contract is what the capture makes.

After a change that is meant: python tests/write_golden.py, and `biome format --write test/golden`.
"""

import json

import pytest

from support.golden_cases import CASES, message_of
from support.golden_files import MESSAGES, RULES
from support.golden_rules import rules


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_the_capture_makes_the_message_that_the_queue_was_tested_with(name):
    assert message_of(CASES[name]()) == read(MESSAGES / f"{name}.json")


def test_no_message_stands_for_a_case_that_is_gone():
    assert {path.stem for path in MESSAGES.iterdir()} == set(CASES)


def test_limits_settings_and_refusals_are_those_that_the_queue_was_tested_with():
    assert rules() == read(RULES)
