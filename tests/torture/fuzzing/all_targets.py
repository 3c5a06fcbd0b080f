"""Every parser under fire, by name."""

from __future__ import annotations

from typing import Final

from tests.torture.fuzzing.target import Target
from tests.torture.fuzzing.targets.asked import CONTROL, REQUEST
from tests.torture.fuzzing.targets.database_file import DATABASE
from tests.torture.fuzzing.targets.files import SERIES, SETTINGS, WORDS
from tests.torture.fuzzing.targets.modem_lines import AT, ENCODING, LINES, PDU
from tests.torture.fuzzing.targets.remembered import JOURNAL, MESSAGE, SIGN, STATE
from tests.torture.fuzzing.targets.serial_lines import FRAMING, MODBUS

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        FRAMING,
        MODBUS,
        AT,
        PDU,
        ENCODING,
        LINES,
        REQUEST,
        CONTROL,
        SETTINGS,
        SERIES,
        WORDS,
        JOURNAL,
        STATE,
        MESSAGE,
        SIGN,
        DATABASE,
    )
}
