"""A pressure probe on RS-485 that speaks Modbus RTU: QDY30A and the many that look like it.

Owns the way from registers to a head of water. Clones of one housing differ in everything else, so
the register map is data: a preset that fits, or the keys one by one, and ``floodbell sensor read
ID --raw`` shows the registers as they come. Several probes share a line under different addresses.

Invariant: no answer is taken for that to another question. An answer names its unit, its function
and its length, not its register, and a slow probe may give it after we gave up. Where a reading is
one question, a late answer is a true one, a little older. Where it takes several, a question that
is not answered ends the reading, and the probe is left alone until nothing can be on its way.

Wiring: A to A, B to B, supply (12 or 24 V) and a common ground; 120 Ω across A and B at both ends
of a long line. An adapter that talks back what it sends is fine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from drivers.declaring import Field
from drivers.errors import (
    BadFrame,
    DriverError,
    NoResponse,
    OutOfRange,
    PortGone,
    TransientError,
    WrongWiring,
)
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.ports.rs485 import Line
from drivers.sensors.immersed import Immersed
from drivers.sensors.modbus_maps import (
    DECIMALS,
    MM_PER_UNIT,
    PRESETS,
    UNIT_CODES,
    Data,
    Map,
    PresetName,
    Unit,
    decoded,
    width,
)
from drivers.sensors.modbus_rtu import Answer, AnswerReader, Refusal, Registers, question
from drivers.sensors.mounting import Claim
from drivers.sensors.trace import Trace

if TYPE_CHECKING:
    from drivers.ports.rs485 import Rs485

ANSWER_S: Final = 0.4
"""A unit answers within some 100 ms at 9600 baud; ``answer_s`` is for one that takes longer."""

ATTEMPTS: Final = 4
"""A fault is believed at once by all who hear of it. If one frame in 100 is bad (domain 1.5), four
in a row are once in three years of a reading a second; three would be once in eleven days. Of a
reading that takes several questions all are asked again: see ``ModbusLevel.read``."""

READ_WITHIN_S: Final = 4.0
"""All questions, attempts and turns of one reading together (``drivers.measurement.Sensor``: 5)."""

REST_S: Final = 2.5
"""A probe that did not answer at all is asked once in so long: its silence takes the others' time
on the line, and it has to be back within 5 s of being plugged in. It is longer than the longest
``answer_s``: what comes late comes meanwhile, and is thrown away when the next question is sent."""

MOST_IN_ONE: Final = 16
"""Registers that lie closer together are read with one question."""

OVER: Final = 1.1
"""Of full scale: above, no probe measures, but water above full scale is still water: a bound."""

BROKEN: Final = 1.5
"""Of full scale: above, what is told is a fault's number, or in the wrong unit or register."""

UNDER_MM: Final = 10.0
UNDER: Final = 0.02
"""Below zero by more than both, 10 mm and this share of full scale: no dry probe's noise (0.5 %,
domain 4.3) but a zero that has moved, under which real water would read as dry, or a fault's
number."""

LARGEST: Final[dict[Data, float]] = {
    "int16": 0x7FFF,
    "uint16": 0xFFFF,
    "int32": 0x7FFF_FFFF,
    "uint32": 0xFFFF_FFFF,
}
"""What a number's format ends at: a fault's number whatever the decimals, even where it would be a
head that could be (7FFF with four decimals of a metre is 3277 mm)."""

_REFUSED_FOR_GOOD: Final = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it does not give so many registers",
}
_DEVICE_FAILED: Final = 4


class ModbusLevelSettings(Immersed):
    """One probe on an RS-485 line."""

    driver: Literal["modbus_level"]
    port: str = Field(
        min_length=1, max_length=256, description="device path or pyserial URL; may be shared"
    )
    preset: PresetName | None = Field(default=None, description="a register map that fits")
    unit_id: int = Field(default=1, ge=1, le=247, description="its address on the line")
    baud: int | None = Field(default=None, ge=1200, le=115200, description="9600 if left out")
    parity: Literal["N", "E", "O"] = Field(default="N", description="none, even or odd")
    stop_bits: Literal[1, 2] = 1
    function: Literal[3, 4] | None = Field(
        default=None, description="3 holding registers, 4 input registers; 3 if left out"
    )
    level_register: int | None = Field(
        default=None, ge=0, le=65535, description="holds the level; counted from 0"
    )
    data: Data | None = Field(default=None, description="int16 if left out")
    word_order: Literal["big", "little"] = Field(
        default="big", description="which of two registers comes first"
    )
    unit: Unit | None = Field(default=None, description="what the number counts")
    unit_register: int | None = Field(default=None, ge=0, le=65535, description="holds its code")
    decimals: int | None = Field(default=None, ge=0, le=4, description="decimal places")
    decimals_register: int | None = Field(default=None, ge=0, le=65535, description="holds them")
    scale: float = Field(default=1.0, gt=0, le=1000, description="the number is multiplied by it")
    answer_s: float = Field(
        default=ANSWER_S, ge=0.05, le=2.0, description="how long an answer may take"
    )
    response_s: float = Field(
        default=1.0, ge=0, le=30, description="how long what it tells may lag behind the water"
    )

    @property
    def map(self) -> Map:
        """The register map that is in force."""
        preset = PRESETS[self.preset] if self.preset else Map(register=self.level_register or 0)
        told = self.level_register
        return Map(
            register=preset.register if told is None else told,
            function=self.function or preset.function,
            data=self.data or preset.data,
            baud=self.baud or preset.baud,
            unit_register=_first(self.unit_register, None if self.unit else preset.unit_register),
            decimals_register=_first(
                self.decimals_register,
                None if self.decimals is not None else preset.decimals_register,
            ),
        )

    @property
    def line(self) -> Line:
        """How all on its line talk."""
        return Line(self.map.baud, self.parity, self.stop_bits)

    @property
    def filter_delay_s(self) -> float:
        """The probe's own."""
        return self.response_s

    def claims(self) -> Iterator[Claim]:
        """Its port together with others that talk alike, its address alone."""
        line = self.line
        alike = f"RS-485 at {line.baud} baud, parity {line.parity}, {line.stop_bits:g} stop bits"
        yield Claim("port", f"port {self.port}", shared_as=alike)
        yield Claim("unit_id", f"unit {self.unit_id} on {self.port}")

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """There is a map, and what it leaves open is told."""
        yield from super().contradictions()
        if self.preset is None and self.level_register is None:
            yield ("level_register", "nothing", f"a register, or preset: {', '.join(PRESETS)}")
            return
        if self.unit is None and self.map.unit_register is None:
            yield ("unit", "nothing", f"one of {', '.join(MM_PER_UNIT)}; or unit_register")
        asked = len(questions(self.map))
        if asked * self.answer_s > READ_WITHIN_S:
            yield (
                "answer_s",
                self.answer_s,
                f"at most {READ_WITHIN_S / asked:.1f}: a reading of this map is {asked} questions,"
                f" and takes {READ_WITHIN_S:g} s at most",
            )

    def open(self, ports: Ports | None = None) -> ModbusLevel:
        """Return the probe; its line is opened by the first ``read``."""
        return ModbusLevel(self, ports or Ports())


def _first(told: int | None, else_: int | None) -> int | None:
    return else_ if told is None else told


def questions(map_: Map) -> tuple[tuple[int, int], ...]:
    """Return first register and count of each question that one reading takes."""
    level = range(map_.register, map_.register + width(map_.data))
    more = [at for at in (map_.unit_register, map_.decimals_register) if at is not None]
    wanted = sorted({*level, *more})
    if wanted[-1] - wanted[0] < MOST_IN_ONE:
        return ((wanted[0], wanted[-1] - wanted[0] + 1),)
    return ((level.start, len(level)), *((at, 1) for at in more))


class ModbusLevel:
    """The head of water above one probe on a line."""

    talks = False

    def __init__(self, settings: ModbusLevelSettings, ports: Ports) -> None:
        self._settings = settings
        self._map = settings.map
        self._questions = questions(settings.map)
        self._ports = ports
        self._line: Rs485 = ports.rs485(settings.port, settings.line)
        self._silent = ""  # why it is left alone, if it is
        self._ask_s = 0.0
        self.trace = Trace()

    def read(self) -> Measurement:
        """Ask the probe now.

        If the reading is one question, it is asked again when its answer is lost or spoilt. If it
        takes several, a spoilt answer begins all of them anew, once the rest of it must have come;
        one that is lost may be late, so it ends the reading, and the probe rests for ``REST_S``.

        Returns:
            The head above it in millimetres, both bounds equal; "at least full scale" when it tells
            a little more than it can measure.

        Raises:
            NoResponse: It does not answer, or rests.
            BadFrame: What came back is no answer, or it is busy.
            OutOfRange: It reports a failure, or tells what no probe measures.
            WrongWiring: The register map does not fit it.
            PortGone: The port cannot be opened now, or went away.
        """
        if self._line.taken_away:
            self._line = self._ports.rs485(self._settings.port, self._settings.line)
        map_ = self._map
        if self._silent and time.monotonic() < self._ask_s:
            raise NoResponse(self._silent)
        end_s = time.monotonic() + READ_WITHIN_S
        values = self._gathered(end_s)
        words = tuple(values[map_.register + at] for at in range(width(map_.data)))
        number = decoded(words, map_.data, self._settings.word_order)
        head_mm = self._head_mm(number, values)
        shown = ", ".join(f"{at}: {value}" for at, value in sorted(values.items()))
        self.trace.note(f"registers {shown}", f"{number:g}, head {head_mm:.1f} mm")
        head = head_at(head_mm, self._settings.span_mm / self._settings.density, shown)
        if number == LARGEST.get(map_.data):
            raise OutOfRange(f"the probe tells the largest number there is, a fault's ({shown})")
        return head

    def close(self) -> None:
        """Nothing to release: the line belongs to all who are on it."""

    def take_away(self) -> None:
        """Take the line from whoever has the turn and hangs; all on it get another."""
        self._line.take_away()

    def _gathered(self, end_s: float) -> dict[int, int]:
        """Ask every question; where there are several, all of them again if one is spoilt."""
        attempts = ATTEMPTS if len(self._questions) > 1 else 1
        while True:
            attempts -= 1
            values: dict[int, int] = {}
            try:
                for first, count in self._questions:
                    values.update(enumerate(self._answered(first, count, end_s), start=first))
            except BadFrame as error:
                if len(self._questions) == 1:
                    raise
                answer_s = self._settings.answer_s
                if not attempts or time.monotonic() + 2 * answer_s > end_s:
                    self._rest(error)
                    raise NoResponse(str(error)) from error
                time.sleep(answer_s)  # the rest of a slow answer comes meanwhile
            else:
                return values

    def _answered(self, first: int, count: int, end_s: float) -> tuple[int, ...]:
        """Ask for registers, again if an answer is lost; but only once who was silent before.

        Where an answer to another question may come late, only once as well.
        """
        several = len(self._questions) > 1
        attempts = 1 if self._silent or several else ATTEMPTS
        while True:
            attempts -= 1
            try:
                values = self._ask(first, count, end_s)
            except TransientError as error:
                late = time.monotonic() > end_s - self._settings.answer_s
                if attempts and not late and not isinstance(error, PortGone):
                    continue
                if isinstance(error, NoResponse):
                    self._rest(error)
                raise
            self._silent = ""
            return values

    def _rest(self, error: DriverError) -> None:
        self._silent, self._ask_s = str(error), time.monotonic() + REST_S

    def _ask(self, first: int, count: int, end_s: float) -> tuple[int, ...]:
        unit, function = self._settings.unit_id, self._map.function
        asked = question(unit, function, first, count)
        try:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise NoResponse(f"{self._settings.port}: no time left to ask {asked.hex(' ')}")
            reader = AnswerReader(unit, function, count)
            answer_s = min(left_s, self._settings.answer_s)
            answer = self._line.ask(asked, reader, answer_s, left_s - answer_s)
            if not isinstance(answer, Registers):
                self._refused(answer, first, count)
        except DriverError as error:
            self.trace.note(asked, str(error), bad=True)
            raise
        self.trace.note(asked, f"answer {answer.raw.hex(' ')}")
        return answer.values

    def _refused(self, answer: Answer, first: int, count: int) -> NoReturn:
        where = f"unit {self._settings.unit_id}, registers {first} to {first + count - 1}"
        code = answer.code if isinstance(answer, Refusal) else 0
        reason = _REFUSED_FOR_GOOD.get(code)
        if reason is not None:
            raise WrongWiring(f"{where}: {reason}; another preset?")
        if code == _DEVICE_FAILED:
            raise OutOfRange(f"{where}: the probe reports a failure")
        raise BadFrame(f"{where}: refused with code {code}")

    def _head_mm(self, number: float, values: dict[int, int]) -> float:
        settings, map_ = self._settings, self._map
        decimals = settings.decimals or 0
        if map_.decimals_register is not None:
            decimals = values[map_.decimals_register]
            if decimals not in DECIMALS:
                raise OutOfRange(
                    f"register {map_.decimals_register} tells {decimals} decimals; another preset?"
                )
        unit = settings.unit
        if map_.unit_register is not None:
            code = values[map_.unit_register]
            unit = UNIT_CODES.get(code)
            if unit is None:
                raise OutOfRange(
                    f"register {map_.unit_register} tells unit {code}, which is not known;"
                    " name the unit in the settings"
                )
        if unit is None:  # refused when the settings were read
            raise WrongWiring("no unit: name one in the settings")
        share = float(10**decimals)
        return number * settings.scale / share * MM_PER_UNIT[unit] / settings.density


def head_at(head_mm: float, full_mm: float, shown: str) -> Measurement:
    """Return the head of water that a probe's word stands for.

    A little above full scale a probe is taken at its word, further above it says no more than "at
    least full scale": that is a bound, as it is for a current loop. Too far below zero its word
    would be "dry", and from a probe that is broken nobody takes that.

    Args:
        head_mm: What the probe tells.
        full_mm: Head at full scale.
        shown: The registers, for the message.

    Raises:
        OutOfRange: Not what a probe that works tells.
    """
    if not -max(UNDER_MM, UNDER * full_mm) <= head_mm <= BROKEN * full_mm:
        raise OutOfRange(
            f"the probe tells {head_mm:.0f} mm, it measures 0 to {full_mm:.0f}: broken, its zero"
            f" has moved (vent tube?), or the wrong unit or register ({shown})"
        )
    if head_mm > OVER * full_mm:
        return Measurement(at_least_mm=full_mm, below_mm=math.inf)
    return Measurement(at_least_mm=head_mm, below_mm=head_mm)
