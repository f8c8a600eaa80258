import pytest

from mobilesd_queue.webui.infotext_size import with_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a fox\nSteps: 20, Size: 512x512, Seed: 1", "a fox\nSteps: 20, Size: 1024x768, Seed: 1"),
        ("a fox\nSize: 512x512, Seed: 1", "a fox\nSize: 1024x768, Seed: 1"),
        (
            "a, Size: 1x1, b\nSteps: 1, Seed: 2, Hash: c",
            "a, Size: 1x1, b\nSteps: 1, Seed: 2, Hash: c",
        ),
        ("a fox\nSteps: 2, First pass size: 64x64, Size: 8x8", None),
    ],
)
def test_the_pasted_size_is_the_pictures(text, expected):
    wanted = expected or text.replace("Size: 8x8", "Size: 1024x768")
    assert with_size(text, 1024, 768) == wanted
