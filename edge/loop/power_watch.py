"""The thread that looks at mains, battery and the board's own supply, and tells the loop.

It has a thread of its own because a fuel gauge on a bus that hangs may take seconds. What a look
means is decided in ``edge.supply``; here it becomes a trouble, and the loop hears of it anew every
half minute, so that a thread that hangs sheds nothing for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.errors import DriverError, in_our_words
from drivers.host.board import under_voltage, was_under_voltage
from drivers.power.settings import PowerSettings
from drivers.power.supplies import Supplies, look
from edge.beating import BeatingThread
from edge.events import TroubleGone, TroubleSeen
from edge.loop.crew import Post, Shift
from edge.supply import CHARGED_WITHIN_S, DOUBTED_AFTER_S, Look, Supply, judged

if TYPE_CHECKING:
    from drivers.ports import Ports
    from drivers.power.lines import Lines
    from edge.settings import Settings

_log = logging.getLogger(__name__)

MAINS: Final = "mains"
BATTERY: Final = "battery"
LINE: Final = "power"
VOLTAGE: Final = "supply"

LOOK_EVERY_S: Final = 1.0
KERNEL_EVERY_S: Final = 2.0
"""Pins cost an ioctl each; the kernel may have to ask a fuel gauge, and the board its firmware."""

TOLD_EVERY_S: Final = 30.0

SAG_STANDS_S: Final = 60.0
"""A supply that sagged is watched for so long until it counts as good: the next burst of the modem
or the siren shows whether it holds. Our figure."""

Put = Callable[[TroubleSeen | TroubleGone | Supply], None]


class PowerWatch(BeatingThread):
    """Looks until it is told to stop.

    Args:
        settings: The ``[power]`` table.
        lines: Its pins.
        put: Takes what it finds.
        beat: Called at each look.
        clock: Monotonic seconds.
        sys: Where sysfs is, for the board's own supply.
    """

    def __init__(
        self,
        settings: PowerSettings,
        lines: Lines,
        *,
        put: Put,
        beat: Callable[[], None],
        clock: Callable[[], float],
        sys: Path = Path("/sys"),
    ) -> None:
        super().__init__("power", beat=beat)
        self._folder = settings.supplies
        self._lines = lines
        self._put = put
        self._clock = clock
        self._sys = sys
        self._every_s = LOOK_EVERY_S if settings.pins else KERNEL_EVERY_S
        self._supply = Supply()
        self._supplies = Supplies()
        self._asked_s = self._told_s = float("-inf")
        self._sagged_s = float("-inf")
        self._sagged_before = was_under_voltage(sys)
        self._known: dict[str, str | None] = {}
        self._fault: str | None = None

    def _turn(self) -> None:
        now_s = self._clock()
        try:
            self.look(now_s)
        except Exception as error:  # noqa: BLE001 - the top of a thread
            _log.exception("power: failed")
            self._found(LINE, in_our_words(error))
        self._stopping.wait(self._every_s)

    def look(self, now_s: float) -> None:
        """Look once, and tell what is new."""
        self._fault = None
        if now_s >= self._asked_s + KERNEL_EVERY_S:
            self._asked_s = now_s
            self._supplies = look(self._folder)
            self._look_at_voltage(now_s)
        # The line of the UPS is quicker than a fuel gauge, and one that cannot be read is not
        # contradicted by one: then the kernel's word counts.
        mains = self._of(self._lines.mains)
        seen = Look(
            mains=self._supplies.mains if mains is None else mains,
            battery_low=self._of(self._lines.battery_low),
            percent=self._supplies.battery_percent,
        )
        before, self._supply = self._supply, judged(self._supply, seen, now_s)
        self._tell_troubles(now_s)
        if _differs(before, self._supply) or now_s >= self._told_s + TOLD_EVERY_S:
            self._told_s = now_s
            self._put(self._supply)

    def _of(self, line: Callable[[], bool | None]) -> bool | None:
        try:
            return line()
        except DriverError as error:
            self._fault = str(error)
            return None

    def _tell_troubles(self, now_s: float) -> None:
        supply = self._supply
        if supply.mains is not None:
            self._found(MAINS, "the bell lives on its battery" if supply.on_battery else None)
        if supply.low is not None:
            self._found(BATTERY, _of_battery(supply) if supply.low else None)
        fault = self._fault
        if fault is None and supply.doubted(now_s):
            fault = f"on battery for {DOUBTED_AFTER_S / 3600:.0f} h, and it still lives: stuck?"
        self._found(LINE, fault)

    def _look_at_voltage(self, now_s: float) -> None:
        """A sag between two looks shows only once, in what the firmware remembers."""
        now, remembered = under_voltage(self._sys), was_under_voltage(self._sys)
        if now or (remembered and self._sagged_before is False):
            self._sagged_s = now_s
        self._sagged_before = remembered
        sagged = now_s < self._sagged_s + SAG_STANDS_S
        self._found(VOLTAGE, "under-voltage: below 4.63 V" if sagged else None)

    def _found(self, cause: str, detail: str | None) -> None:
        """Say it once; that it is well is said at the start too, for one from before a restart."""
        if cause in self._known and (self._known[cause] is None) == (detail is None):
            return
        self._known[cause] = detail
        self._put(TroubleGone(cause) if detail is None else TroubleSeen(cause, detail))

    def _let_go(self) -> None:
        self._lines.close()

    def _take_port(self) -> None:
        self._lines.close()


def _of_battery(supply: Supply) -> str:
    words = "the battery is low" if supply.percent is None else f"battery at {supply.percent} %"
    if supply.mains:
        return f"{words} after {CHARGED_WITHIN_S / 3600:.0f} h of mains: it takes no charge"
    return words


def _differs(before: Supply, after: Supply) -> bool:
    """Whether the loop has to know: more than what is still being judged."""
    return (before.mains, before.low, before.percent) != (after.mains, after.low, after.percent)


def power_posts(settings: Settings, ports: Ports, clock: Callable[[], float]) -> Iterator[Post]:
    """The thread that looks, if there is anything that it could see."""
    table = settings.power_watched
    if table is None:
        return

    def make(shift: Shift) -> PowerWatch:
        from drivers.power.lines import Lines  # noqa: PLC0415 - only where power is watched

        lines = Lines(table, ports)
        return PowerWatch(table, lines, put=shift.put, beat=shift.beat, clock=clock)

    yield Post("power", make)
