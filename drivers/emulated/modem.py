"""An emulated LTE modem on a pseudo-terminal, for the demo, the bench and the tests.

Owns the thread and the line; what the modem says is ``ModemPeer``. Invariant: any thread may call
any public method. Nothing it accepts leaves this computer.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from drivers.emulated.modem_peer import ModemPeer, ReceivedText
from drivers.emulated.modem_profiles import EC25, PROFILES, RUDE, SIM7600, ModemProfile
from drivers.emulated.modem_storage import delivered
from drivers.emulated.pty import PseudoTerminal

__all__ = [
    "EC25",
    "PROFILES",
    "RUDE",
    "SIM7600",
    "EmulatedModem",
    "ModemPeer",
    "ModemProfile",
    "ReceivedText",
]

_LONGEST_SLEEP_S: Final = 1.0
_BYTE_S: Final = 0.0002
_CHUNK: Final = 4096


class EmulatedModem:
    """A modem that a daemon can open with pyserial at ``path``.

    Args:
        profile: What kind of modem, with which manners.
        on_text: Called on the modem's own thread with each text it accepts; must return quickly.
        link: A stable name for the line, removed when it is unplugged.

    Attributes:
        path: The device path to open.
    """

    def __init__(
        self,
        profile: ModemProfile = SIM7600,
        on_text: Callable[[ReceivedText], None] | None = None,
        *,
        link: Path | str | None = None,
    ) -> None:
        self._peer = ModemPeer(profile, time.monotonic())
        self._on_text = on_text
        self._line = PseudoTerminal()
        self.path = self._line.path if link is None else str(self._line.link(link))
        self._texts: list[ReceivedText] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._serve, name="emulated-modem", daemon=True)
        self._thread.start()

    # What came in

    @property
    def texts(self) -> list[ReceivedText]:
        """All texts accepted so far, oldest first."""
        with self._changed:
            return list(self._texts)

    @property
    def transcript(self) -> bytes:
        """Every byte the host has sent (the last 256 KiB)."""
        with self._changed:
            return bytes(self._peer.transcript)

    @property
    def dialled(self) -> list[str]:
        """Every number that the host has dialled."""
        with self._changed:
            return list(self._peer.calls.dialled)

    @property
    def played(self) -> list[str]:
        """Every recording that the host has had played to the other side."""
        with self._changed:
            return list(self._peer.calls.played)

    @property
    def taken(self) -> list[str]:
        """Numbers of the incoming calls that the host has answered."""
        with self._changed:
            return list(self._peer.calls.taken)

    @property
    def stored(self) -> int:
        """How many texts lie in its store."""
        with self._changed:
            return len(self._peer.storage)

    def wait_until(self, true: Callable[[ModemPeer], bool], timeout_s: float) -> bool:
        """Wait until something is so at the modem; False if the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: true(self._peer), timeout_s)

    def wait_for_texts(self, count: int, timeout_s: float) -> list[ReceivedText]:
        """Wait until at least ``count`` texts were accepted, or the time is over; return all."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._texts) >= count, timeout_s)
            return list(self._texts)

    def wait_for_bytes(self, wanted: bytes, timeout_s: float) -> bool:
        """Wait until the host has sent ``wanted``; False if the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: wanted in self._peer.transcript, timeout_s)

    # What somebody does to it

    def set_network_time(self, network_utc: Callable[[], datetime]) -> None:
        """Let the network tell another time."""
        self._do(lambda peer: setattr(peer.clock, "network_utc", network_utc))

    def set_registered(self, registered: bool) -> None:
        """Find or lose the network."""
        self._do(lambda peer: peer.set_registered(registered))

    def set_registration(self, state: int) -> None:
        """Change what ``+CREG`` says: 0 no network, 2 searching, 3 denied, 5 roaming."""
        self._do(lambda peer: setattr(peer, "registration", state))

    def take_out_sim(self) -> None:
        """Take the SIM out."""
        self._do(lambda peer: setattr(peer, "sim_there", False))

    def lose_pin_tries(self, left: int) -> None:
        """Let somebody have entered a wrong PIN; at 0 the SIM wants its PUK."""
        self._do(lambda peer: setattr(peer, "pin_tries", left))

    def set_signal(self, rssi: int) -> None:
        """Change what ``+CSQ`` says: 0 to 31, or 99 for unknown."""
        self._do(lambda peer: setattr(peer, "rssi", rssi))

    def set_answer_delay(self, delay_s: float) -> None:
        """Change the time from Ctrl-Z to the answer."""
        self._do(lambda peer: setattr(peer, "answer_delay_s", delay_s))

    def set_silent(self, silent: bool) -> None:
        """Hang: nothing is read as a command, nothing is said."""
        self._do(lambda peer: setattr(peer, "silent", silent))

    def fail_next(self, count: int, code: int = 500) -> None:
        """Answer the next ``count`` texts with ``+CMS ERROR: code``; they are not sent."""
        self._do(lambda peer: peer.failures.extend([code] * count))

    def swallow_next(self, count: int, late_after_s: float | None = None) -> None:
        """Accept the next ``count`` texts without an answer, or with one that comes too late."""

        def swallow(peer: ModemPeer) -> None:
            peer.swallow, peer.late_after_s = count, late_after_s

        self._do(swallow)

    def withhold_prompts(self, count: int) -> None:
        """Give no prompt to the next ``count`` texts."""
        self._do(lambda peer: setattr(peer, "mute_prompts", count))

    def say(self, line: str) -> None:
        """Say a line that nobody asked for."""
        self._do(lambda peer: peer.say(line))

    def ring(self, number: str) -> None:
        """Let a call come in."""
        self._do(lambda peer: peer.ring(number))

    def let_answer(self, after_s: float | None, *, busy: bool = False) -> None:
        """Say how the other side takes the calls to come: after a while, never, or engaged."""

        def set_it(peer: ModemPeer) -> None:
            peer.calls.answers_after_s, peer.calls.busy = after_s, busy

        self._do(set_it)

    def hang_up_remotely(self) -> None:
        """Let the other side hang up."""
        self._do(lambda peer: peer.calls.end_remotely())

    def text_comes(self, sender: str, text: str) -> None:
        """Let somebody write to the bell."""
        self._do(lambda peer: peer.text_comes(sender, text))

    def fill_storage(self) -> None:
        """Fill every place of the store with texts that nobody has read."""

        def fill(peer: ModemPeer) -> None:
            while not peer.storage.is_full:
                peer.storage.put(delivered("+821099990000", "full"))

        self._do(fill)

    def set_service_centre(self, number: str) -> None:
        """Change the service centre that the SIM knows; empty: none."""
        self._do(lambda peer: setattr(peer, "service_centre", number))

    def reboot(self) -> None:
        """Start again, with boot noise, echo and everything forgotten."""
        self._do(lambda peer: peer.reboot())

    def unplug(self) -> None:
        """Pull the plug; the line is gone for good."""
        self._stop()

    def close(self) -> None:
        """End the thread and let go of the line; safe to call twice."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    # The thread

    def _do(self, change: Callable[[ModemPeer], object]) -> None:
        with self._changed:
            change(self._peer)
            if not self._stopping:
                os.write(self._wake_write, b"!")

    def _stop(self) -> None:
        with self._changed:
            if self._stopping:
                return
            self._stopping = True
            os.write(self._wake_write, b"!")
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5.0)

    def _serve(self) -> None:
        try:
            while not self._stopping:
                self._serve_once()
        except OSError:
            pass  # the other side of the pair is gone
        finally:
            with self._changed:
                self._stopping = True
                self._line.unplug()
                os.close(self._wake_read)
                os.close(self._wake_write)

    def _serve_once(self) -> None:
        with self._changed:
            due_s = self._peer.due_s
        sleep_s = _LONGEST_SLEEP_S if due_s is None else max(0.0, due_s - time.monotonic())
        ready, _, _ = select.select(
            [self._line.fd, self._wake_read], [], [], min(sleep_s, _LONGEST_SLEEP_S)
        )
        if self._wake_read in ready:
            os.read(self._wake_read, _CHUNK)
        heard = os.read(self._line.fd, _CHUNK) if self._line.fd in ready else b""
        with self._changed:
            now_s = time.monotonic()
            said = self._peer.receive_data(heard, now_s) if heard else b""
            said += self._peer.tick(now_s)
            texts = self._peer.take_texts()
            self._texts.extend(texts)
            self._changed.notify_all()
        self._speak(said)
        for text in texts:
            if self._on_text is not None:
                self._on_text(text)

    def _speak(self, said: bytes) -> None:
        step = 1 if self._peer.profile.byte_by_byte else len(said)
        while said and not self._stopping:
            _, ready, _ = select.select([], [self._line.fd], [], _LONGEST_SLEEP_S)
            if not ready:
                return  # nobody reads: a real modem loses bytes too
            said = said[os.write(self._line.fd, said[:step]) :]
            if self._peer.profile.byte_by_byte:
                time.sleep(_BYTE_S)
