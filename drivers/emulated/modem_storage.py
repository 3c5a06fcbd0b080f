"""The store of an emulated SIM: texts that came, listed, read and deleted.

Owns the places and the commands on them. Texts are built as SMS-DELIVER here, apart from
``drivers.modem.pdu``.

Source: 3GPP TS 27.005 (+CMGL, +CMGR, +CMGD, +CPMS), TS 23.040, 9.2.2.1 (SMS-DELIVER).
"""

from __future__ import annotations

_UNREAD, _READ = 0, 1
_NOBODYS_TIME = "62112232545463"  # seven octets of a service centre's time stamp


class EmulatedStorage:
    """Places 1 to ``places``, each with a text or without."""

    def __init__(self, places: int = 40) -> None:
        self.places = places
        self._texts: dict[int, tuple[int, str]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def is_full(self) -> bool:
        """Whether no place is left."""
        return len(self._texts) >= self.places

    def put(self, pdu_hex: str) -> int | None:
        """Keep a text; return its place, None without one."""
        free = next((n for n in range(1, self.places + 1) if n not in self._texts), None)
        if free is not None:
            self._texts[free] = (_UNREAD, pdu_hex)
        return free

    def listed(self) -> list[str]:
        """Answer to AT+CMGL=4."""
        lines = []
        for place, (status, pdu_hex) in sorted(self._texts.items()):
            lines += [f"+CMGL: {place},{status},,{len(pdu_hex) // 2 - 1}", pdu_hex]
            self._texts[place] = (_READ, pdu_hex)
        return [*lines, "OK"]

    def read(self, value: str) -> list[str]:
        """Answer to AT+CMGR."""
        if not value.isdecimal() or int(value) not in self._texts:
            return ["+CMS ERROR: 321"]
        _, pdu_hex = self._texts[int(value)]
        self._texts[int(value)] = (_READ, pdu_hex)
        return [f"+CMGR: 1,,{len(pdu_hex) // 2 - 1}", pdu_hex, "OK"]

    def delete(self, value: str) -> list[str]:
        """Answer to AT+CMGD: one place, or with a flag many."""
        place, _, flag = value.partition(",")
        if flag in ("1", "2", "3"):
            self._texts = {n: t for n, t in self._texts.items() if t[0] != _READ}
        elif flag == "4":
            self._texts.clear()
        elif not place.isdecimal() or self._texts.pop(int(place), None) is None:
            return ["+CMS ERROR: 321"]
        return ["OK"]

    def used(self) -> list[str]:
        """Answer to AT+CPMS?."""
        one = f'"SM",{len(self._texts)},{self.places}'
        return [f"+CPMS: {one},{one},{one}", "OK"]


def delivered(sender: str, text: str) -> str:
    """Return an SMS-DELIVER in hexadecimal, its service centre in front."""
    digits = sender.lstrip("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2))
    toa = "91" if sender.startswith("+") else "81"
    words = text.encode("utf-16-be")
    head = f"04{len(digits):02X}{toa}{swapped}0008{_NOBODYS_TIME}"
    return f"00{head}{len(words):02X}{words.hex().upper()}"
