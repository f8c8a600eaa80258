"""The Python half of `npm run bench:extension`: prints what it measured as one JSON object.

Arguments: the queue's address, the server's alias, the number of rounds. Key and secret come from
the environment, as the extension takes them. PYTHONPATH has the extension and its tests.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import uuid4

import numpy
from mobilesd_queue.capture.job import generation_params
from mobilesd_queue.capture.picture import pictures_in
from mobilesd_queue.capture.screen import Screen
from mobilesd_queue.connection.queue_link import Options
from mobilesd_queue.service import Service
from mobilesd_queue.webui.answer_click import Click, ClickAnswers
from PIL import Image
from support.screens import controlnet, drawing, img2img, txt2img, unit

CLICKS_PER_ROUND = 20
SIDE = 2048
PROMPT = "a lighthouse at dusk above a stormy sea, volumetric light, long exposure, film grain"


def photograph(seed: int, mode: str) -> Image.Image:
    """Slow gradients under grain, which packs about as badly as a photograph."""
    random = numpy.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (32, 32, 3), dtype=numpy.uint8))
    smooth = numpy.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), numpy.int16)
    grain = random.normal(0, 4, smooth.shape).astype(numpy.int16)
    pixels = numpy.clip(smooth + grain, 0, 255).astype(numpy.uint8)
    return Image.fromarray(pixels).convert(mode)


def text_screen() -> Screen:
    return txt2img(prompt=PROMPT, negative_prompt="fog, people, text")


def picture_screen() -> Screen:
    units = [
        unit(
            enabled=True,
            module="canny",
            model="control_canny [de300001]",
            image=numpy.asarray(photograph(seed, "RGBA")),
        )
        for seed in (2, 3)
    ]
    return img2img(
        controlnet(*units),
        prompt=PROMPT,
        mode=2,
        width=SIDE,
        height=SIDE,
        init_img_with_mask=photograph(1, "RGBA"),
        init_img_with_mask_fg=drawing(SIDE, SIDE, (500, 500, 1500, 1500)),
    )


class Bench:
    """Clicks as the button's handler answers them, and submits with nothing around them."""

    def __init__(self, url: str, alias: str, folder: Path) -> None:
        self.alias = alias
        self.address = urlsplit(url)
        options = Options(url=url, server=alias)
        self.service = Service(
            folder=folder,
            options=lambda: options,
            keep_options=lambda *_: None,
            environ=os.environ,
            version="0.1.0",
        )
        self.screen = text_screen()
        self.answers = ClickAnswers(self.service, lambda: options, lambda *_: self.screen)
        self.bare_body = json.dumps(
            {
                "app_type": "forge",
                "target_server_alias": alias,
                "priority": 5,
                "generation_params": generation_params(self.screen),
                "source_info": "bench",
            }
        ).encode()

    def click(self) -> float:
        """Seconds from the handler's entry to "Queued"."""
        control = json.dumps({"click_id": str(uuid4())})
        click = Click(control=control, priority=5, server=self.alias, repeat=1, seed_rule="screen")
        started_s = time.perf_counter()
        line, _ = self.answers.answer(click, (), None)
        took_s = time.perf_counter() - started_s
        if "Queued" not in line:
            raise RuntimeError(f"The click was answered: {line}")
        return took_s

    def bare_submit(self) -> float:
        """Seconds of one request that carries the same job."""
        headers = {
            "X-API-Key": os.environ["MOBILESD_API_KEY"],
            "X-API-Secret": os.environ["MOBILESD_API_SECRET"],
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        }
        started_s = time.perf_counter()
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port)
        connection.request("POST", "/api/v2/generate", self.bare_body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        took_s = time.perf_counter() - started_s
        if answer.status != 200:
            raise RuntimeError(f"The bare submit was answered: {text!r}")
        return took_s


def several(measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(CLICKS_PER_ROUND))


def pack_alone(screen: Screen) -> float:
    """Seconds in which the pictures are packed, when nothing else is done."""
    pictures = pictures_in(generation_params(screen))
    started_s = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda picture: len(picture.png()), pictures))
    return time.perf_counter() - started_s


def resident_bytes() -> int | None:
    """What this process has in memory; None where the system does not tell."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return None
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kept_by(click: Callable[[], float]) -> dict[str, int | None]:
    """What a click leaves behind, and how high memory stood meanwhile."""
    gc.collect()
    resident_before = resident_bytes()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    click()
    gc.collect()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    resident_after = resident_bytes()
    is_told = resident_before is not None and resident_after is not None
    return {
        "kept_bytes": after - before,
        "peak_bytes": peak - before,
        "resident_bytes": resident_after - resident_before if is_told else None,
    }


def main(url: str, alias: str, rounds: int) -> None:
    """Measures everything, both ways in turn."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(url, alias, Path(folder) / "forge")
        pictures = picture_screen()
        several(bench.click)
        several(bench.bare_submit)
        found: dict[str, list[float]] = {
            "click_s": [],
            "bare_s": [],
            "text_s": [],
            "pictures_s": [],
        }
        packed: list[float] = []
        for at in range(rounds):
            bench.screen = text_screen()
            ways = [("click_s", bench.click), ("bare_s", bench.bare_submit)]
            for name, way in ways if at % 2 else reversed(ways):
                found[name].append(several(way))
            found["text_s"].append(bench.click())
            packed.append(pack_alone(pictures))
            bench.screen = pictures
            found["pictures_s"].append(bench.click())
        memory = kept_by(bench.click)
        bench.service.stop()
    print(json.dumps({**found, "pack_s": packed, **memory}))  # noqa: T201 -- its one output


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
