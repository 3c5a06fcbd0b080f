"""A loop with real rules whose modem is on a real pseudo-terminal, in one process and real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from drivers.emulated.modem import SIM7600, EmulatedModem, ModemProfile, ReceivedText
from drivers.modem.interlock import Interlock
from drivers.modem.modem import Modem
from drivers.modem.settings import ModemSettings
from drivers.ports import Ports
from edge.events import Measured
from edge.law.levels import Level, Setpoint
from edge.law.state import State
from edge.messages.calling import Expected, VoiceLine
from edge.messages.delivery import ModemRoute
from edge.messages.sending import Worker
from tests.edge.by_hand import NUMBERS, HandClock, HandMade
from tests.edge.law.basement import ONE_SENSOR

AT_ONCE = replace(
    ONE_SENSOR,
    alert=Setpoint(Level.ALERT, 20, 5, 0, 600),
    danger=Setpoint(Level.DANGER, 150, 20, 0, 1800),
    uncorroborated_delay_s=0.0,
    report=replace(ONE_SENSOR.report, repeats=1, voice=frozenset({"bell"})),
)
"""No delays of the law, and one report: what is timed here is the way out."""


class RealClock(HandClock):
    """The machine's own monotonic clock."""

    def now_s(self) -> float:
        return time.monotonic()


class OnALine:
    """One home whose modem is real down to the bytes.

    Attributes:
        modem: The far end of its line.
    """

    def __init__(
        self,
        folder: Path,
        profile: ModemProfile = SIM7600,
        *,
        settings: Mapping[str, Any] | None = None,
        sim_pin: str | None = None,
        ports: Ports | None = None,
        link: Path | None = None,
    ) -> None:
        self.modem = EmulatedModem(profile, link=link)
        self._settings = ModemSettings(
            port=self.modem.path,
            answer_calls_from=("119", "02*"),
            **(settings or {}),
        )
        self._sim_pin = sim_pin
        self._ports = ports
        self._interlock = Interlock("119")
        self._interlock.armed = True
        self.home = HandMade(
            folder,
            policy=AT_ONCE,
            clock=RealClock(),
            ways=self._ways,
            expect_callers=self._expect,
        )
        self.began_s = time.monotonic()
        self._pause = threading.Event()
        self.route.start()

    def _ways(self, put: Callable[[Any], None]) -> Mapping[str, Worker]:
        clock = time.monotonic
        modem = Modem(
            self._settings, self._interlock, sim_pin=self._sim_pin, clock=clock, ports=self._ports
        )
        self.voice = VoiceLine(
            modem,
            put=put,
            clock=clock,
            report_number="119",
            answer_calls_from=self._settings.answer_calls_from,
            message=self._settings.voice_message,
        )
        self.route = ModemRoute(
            modem,
            put=put,
            beat=lambda: None,
            clock=clock,
            voice=self.voice,
            is_report=self._interlock.is_report,
        )
        return {"modem": self.route, "voice": self.voice}

    def _expect(self, state: State, reported_s: float | None) -> None:
        self.voice.expected = Expected(state.incident is not None, reported_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.route.stop()
        assert self.route.join(10.0)
        self.home.__exit__(kind, error, trace)
        self.modem.close()

    def until(self, true: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Let the loop turn until something is so."""
        deadline_s = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline_s, self.told()
            if self.home.inbox.empty():
                self._pause.wait(_LOOK_EVERY_S)  # the threads of modem and route have their turn
            self.home.app.put(_NOTHING)
            self.home.app.turn()

    def ready(self) -> Self:
        """Wait until the modem is up."""
        self.until(lambda: "modem" in self.home.app.routes and self.home.app.routes["modem"].up)
        return self

    def water(self, depth_mm: float) -> None:
        """Let the door's sensor say something."""
        self.began_s = time.monotonic()
        self.home.put(Measured("door", depth_mm, depth_mm))

    def texts_to(self, number: str) -> list[ReceivedText]:
        """Return the texts that the network took for a number."""
        return [text for text in self.modem.texts if text.number == number]

    def all_told(self) -> bool:
        """Whether 119 and the four of the household were texted."""
        them = ["119", *(NUMBERS[name] for name in ("home", "kim", "mother", "office"))]
        return all(self.texts_to(number) for number in them)

    def told(self) -> list[tuple[str, str]]:
        """Return what the network took, in order."""
        return [(text.number, text.text[:20]) for text in self.modem.texts]


_LOOK_EVERY_S = 0.02
_NOTHING = Measured("nobody", 0.0, 0.0)
