"""``make mutants``: makes one small thing wrong in the pure modules, thousands of times over.

A test must notice each. Prints a table, and fails if in any module fewer than 90 % are noticed, if
a mutant survives that is not in ``survivors.toml`` with the reason why it may, or if that list
names one that does not survive any more. Give file names or folders for some modules only:
``make mutants MUTANTS=edge/law/falling.py``. ``--show`` prints the survivors.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from tests.mutants import pure, survivors, trial
from tests.mutants.baseline import measure
from tests.mutants.breeding import Mutant, breed
from tests.mutants.forking import Verdict

LEAST_KILLED = 0.90
WIDTH = 100


def main() -> int:
    """Breed, try, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="source files or folders; all if left out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--every", type=int, default=1, help="only each n-th mutant, for a look")
    parser.add_argument("--show", action="store_true", help="print every survivor, the known too")
    options = parser.parse_args()
    began_s = time.monotonic()
    os.chdir(pure.ROOT)
    console = Console(highlight=False, width=WIDTH)
    files = _chosen(options.modules)
    trial.load_what_is_not_ours()
    baseline = measure([t for t in pure.tests() if pure.reached_from(t) & set(files)])
    mutants = [m for file in files for m in breed(file, Path(file).read_text("utf-8"))]
    mutants = mutants[:: options.every]
    console.print(
        f"{len(mutants)} mutants of {len(files)} modules, {len(baseline.durations_s)} tests, "
        f"{time.monotonic() - began_s:.0f} s so far"
    )
    known = survivors.read(files)
    progress = _Progress(console, mutants, known, show=options.show)
    verdicts = trial.hunt(mutants, baseline, options.jobs, progress.tell)
    alive = [mutant for mutant, verdict in verdicts.items() if verdict.fate == "survived"]
    unknown = [m for m in alive if not known.accepts(m)]
    stale = known.stale(alive) if options.every == 1 else []
    bad = _print_table(console, verdicts, known)
    for line in stale:
        _say(console, f"does not survive any more, strike it from the list: {line}")
    console.print(f"{time.monotonic() - began_s:.0f} s in all")
    return 1 if bad or unknown or stale else 0


def _say(console: Console, words: str) -> None:
    """Print what may hold brackets, on as long a line as it needs."""
    console.print(words, markup=False, soft_wrap=True)


def _chosen(wanted: Sequence[str]) -> list[str]:
    files = list(pure.files())
    if not wanted:
        return files
    chosen = [f for f in files if any(f == w or f.startswith(w.rstrip("/") + "/") for w in wanted)]
    if not chosen:
        raise SystemExit(
            f"no pure module is named {' '.join(wanted)}; there are: {' '.join(files)}"
        )
    return chosen


class _Progress:
    """Names survivors at once, and modules as they are done: it is a long way to the table."""

    def __init__(
        self,
        console: Console,
        mutants: Iterable[Mutant],
        known: survivors.Survivors,
        *,
        show: bool,
    ) -> None:
        self._console, self._known, self._show = console, known, show
        self._left = Counter(mutant.file for mutant in mutants)

    def tell(self, mutant: Mutant, verdict: Verdict) -> None:
        """Note one verdict."""
        known = self._known.accepts(mutant)
        if verdict.fate == "survived" and (self._show or not known):
            mark = "survives, known" if known else "survives"
            _say(self._console, f"{mark}: {mutant.file} {mutant.where}\n    {mutant.change}")
        self._left[mutant.file] -= 1
        if not self._left[mutant.file]:
            _say(self._console, f"{mutant.file} is done")


def _print_table(
    console: Console, verdicts: dict[Mutant, Verdict], known: survivors.Survivors
) -> bool:
    """Print a row for each module and one for all; return whether one is below the least."""
    table = Table("module", title="mutants", width=WIDTH)
    for head in ("mutants", "killed", "timeout", "survived", "of these known", "killed %"):
        table.add_column(head, justify="right")
    bad = False
    modules = sorted({mutant.file for mutant in verdicts})
    for name, files in [*((m, {m}) for m in modules), ("all", set(modules))]:
        mine = {m: v for m, v in verdicts.items() if m.file in files}
        fates = Counter(verdict.fate for verdict in mine.values())
        share = 1 - fates["survived"] / len(mine)
        bad = bad or share < LEAST_KILLED
        accepted = sum(known.accepts(m) for m, v in mine.items() if v.fate == "survived")
        counts = (len(mine), fates["killed"], fates["timeout"], fates["survived"], accepted)
        table.add_row(name, *map(str, counts), f"{100 * share:.1f}")
    console.print(table)
    return bad


if __name__ == "__main__":
    raise SystemExit(main())
