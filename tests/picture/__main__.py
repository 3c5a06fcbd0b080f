"""The pictures of the demo for both READMEs: ``python -m tests.picture``, in about a minute.

Runs the real ``floodbell demo`` in two terminals side by side, one for each language, and writes
``docs/demo.svg`` and ``docs/demo.ko.svg``. What is drawn is what the demo wrote: see ``shown``.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from tests.picture.drawing import drawing
from tests.picture.shown import DemoFailedError, shots

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PICTURES: Final = {"en": "demo.svg", "ko": "demo.ko.svg"}
"""Each picture by its language."""
_TITLE: Final = "floodbell demo"
_SEEN: Final = {
    "en": "A flood in an emulated basement: calm; at 2 cm texts to resident, guardian, partner and "
    "office; at 15 cm a report to 119, then the people again; at the end who was told after how "
    "many seconds.",
    "ko": "가상의 반지하 침수: 평상시, 2 cm에 거주자·보호자·동행파트너·구청으로 가는 문자, "
    "15 cm에 119 신고와 그다음 사람들에게 다시 가는 문자, 끝으로 누가 몇 초 만에 통보받았는지.",
}


def main() -> int:
    """Read the command line, run, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.picture", description=__doc__)
    parser.add_argument("--into", type=Path, default=DOCS, help="the folder; docs if left out")
    into: Path = parser.parse_args().into
    # Processes and not threads: each starts one more, and Ctrl-C ends them all.
    with ProcessPoolExecutor(len(PICTURES), get_context("spawn")) as side_by_side:
        try:
            seen = dict(zip(PICTURES, side_by_side.map(shots, PICTURES), strict=True))
        except DemoFailedError as error:
            print(f"no picture was written: the demo failed\n{error}", file=sys.stderr)
            return 1
    for language, name in PICTURES.items():
        (into / name).write_text(drawing(seen[language], _TITLE, _SEEN[language]), encoding="utf-8")
        print(into / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
