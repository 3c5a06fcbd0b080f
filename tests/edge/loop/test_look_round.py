"""What the loop looks at once a second: threads, disk, broker, systemd."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.events import Armed, BellPressed, Measured, TroubleGone, TroubleSeen
from edge.loop.to_systemd import in_words
from tests.edge.by_hand import HandMade


@contextmanager
def systemd(folder: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """Systemd's end of the notify socket, and the environment that names it."""
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(path))
        heard.setblocking(False)
        yield heard, {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"}


def said(heard: socket.socket) -> list[str]:
    lines = []
    while True:
        try:
            lines.append(heard.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_ready_is_said_once_when_every_sensor_has_been_heard(tmp_path: Path) -> None:
    with (
        systemd(tmp_path) as (heard, environment),
        HandMade(tmp_path, environment=environment) as home,
    ):
        home.later(2)
        assert not [line for line in said(heard) if "READY=1" in line]
        home.later(10, door=0.0)
        ready = [line for line in said(heard) if "READY=1" in line]
        assert ready == ["READY=1\nSTATUS=normal; armed"]


def test_the_watchdog_is_fed_thrice_an_interval_while_all_threads_beat(tmp_path: Path) -> None:
    with (
        systemd(tmp_path) as (heard, environment),
        HandMade(tmp_path, environment=environment) as home,
    ):
        home.later(29, door=0.0)
        assert said(heard).count("WATCHDOG=1") == 3


def test_the_watchdog_starves_while_the_modems_thread_hangs(tmp_path: Path) -> None:
    with (
        systemd(tmp_path) as (heard, environment),
        HandMade(tmp_path, environment=environment) as home,
    ):
        home.beats.beat_of("modem")
        home.later(30, door=0.0)
        said(heard)
        home.later(9, door=0.0)
        assert "WATCHDOG=1" not in said(heard)
        assert home.app.stopping is None
        assert home.app.state.troubles["thread:modem"].raised is False
        home.later(2, door=0.0)
        assert home.app.stopping == "modem hangs"


def test_a_hung_modem_ends_the_process_sooner_while_a_report_waits(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.beats.beat_of("modem")
        home.put(BellPressed())
        home.later(34, door=0.0)
        assert home.app.stopping is None
        home.later(1, door=0.0)
        assert home.app.stopping == "modem hangs"


def test_a_hung_sensor_thread_is_a_trouble_and_the_watchdog_is_fed(tmp_path: Path) -> None:
    with (
        systemd(tmp_path) as (heard, environment),
        HandMade(tmp_path, environment=environment) as home,
    ):
        beat = home.beats.beat_of("sensor-window")
        home.later(45, door=0.0)
        assert home.app.state.troubles["thread:sensor-window"].raised
        said(heard)
        home.later(20, door=0.0)
        assert "WATCHDOG=1" in said(heard)
        for _ in range(7):
            beat()
            home.later(10, door=0.0)
        assert "thread:sensor-window" not in home.app.state.troubles
        assert home.app.stopping is None


def test_a_hung_thread_of_before_a_restart_is_forgiven(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(TroubleSeen("thread:modem", "as the store remembers"))
        home.later(2, door=0.0)
        assert "thread:modem" not in home.app.state.troubles


def test_a_lost_broker_is_a_trouble_until_it_is_back(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.centre.connected, home.centre.detail = False, "connection refused"
        home.later(15, door=0.0)
        assert home.app.state.troubles["broker"].detail == "connection refused"
        home.centre.connected, home.centre.detail = True, ""
        home.later(65, door=0.0)
        assert "broker" not in home.app.state.troubles


def test_a_broker_that_is_not_there_yet_needs_no_words_to_be_a_trouble(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.centre.connected = False
        home.later(2, door=0.0)
        assert "broker" in home.app.state.troubles


def test_systemd_is_told_how_things_are_in_one_line(tmp_path: Path) -> None:
    with (
        systemd(tmp_path) as (heard, environment),
        HandMade(tmp_path, environment=environment) as home,
    ):
        home.later(2, door=0.0)
        said(heard)
        home.later(12, door=234.0)
        (status,) = [line for line in said(heard) if line.startswith("STATUS=")]
        assert status == "STATUS=danger; 23 cm at door; incident i1; armed"
        home.put(Armed(armed=False, reason="test"))
        assert in_words(home.app.state).endswith("not armed: 119 is not called")


def test_a_bound_is_called_at_least_and_troubles_are_named(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(12, door=0.0)
        for _ in range(12):
            home.clock.at_s += 1
            home.put(Measured("door", 170.0, float("inf")))
        home.put(TroubleSeen("modem", "gone"))
        home.later(1)
        words = in_words(home.app.state)
        assert "at least 17 cm at door" in words
        assert "troubles: modem" in words


def test_a_cause_that_was_cleared_is_not_spoken_of_again_and_again(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.centre.connected = False
        home.later(15, door=0.0)
        home.centre.connected = True
        home.later(65, door=0.0)
        assert home.app.state.troubles == {}
        assert "broker" in home.app.state.cleared_s
        home.app.pass_time(home.clock.at_s + 1.0)
        assert home.inbox.empty()


def test_a_journal_that_could_not_be_written_is_tried_each_minute(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(TroubleSeen("journal", "cannot be written"))
        home.later(150, door=0.0)
        assert [entry.kind for entry in home.journal.read()] == ["tried"] * 3
        home.put(TroubleGone("journal"))
        home.later(150, door=0.0)
        assert len(home.journal.read()) == 3


def test_threads_are_not_blamed_for_a_process_that_was_stopped(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        beat = home.beats.beat_of("modem")
        home.later(5, door=0.0)
        home.clock.at_s += 300.0
        home.put(TroubleGone("nothing"))
        beat()
        home.later(5, door=0.0)
        assert home.app.stopping is None
        assert "thread:modem" not in home.app.state.troubles


def test_a_certificate_that_ends_is_a_trouble_a_month_before(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        now_s = home.clock.wall_utc().timestamp()
        home.centre.valid_until_s = {"broker": now_s + 86400, "device": now_s + 31 * 86400}
        home.later(30, door=0.0)
        assert "certificate" not in home.app.state.troubles, "the broker's own is not ours to tell"
        home.centre.valid_until_s = {"device": now_s + 29 * 86400}
        home.later(30, door=0.0)
        trouble = home.app.state.troubles["certificate"]
        assert trouble.detail == "the certificate of this device ends in 29 days"
        assert trouble.raised
        home.centre.valid_until_s = {"device": now_s + 3650 * 86400}
        home.later(120, door=0.0)
        assert "certificate" not in home.app.state.troubles


def test_a_clock_that_cannot_be_believed_judges_no_certificate(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.clock.synced = False
        home.centre.valid_until_s = {"device": 0.0}
        home.later(30, door=0.0)
        assert "certificate" not in home.app.state.troubles


def test_a_link_that_comes_and_goes_is_a_trouble_while_it_is_up(tmp_path: Path) -> None:
    """Two devices with one site.id: each is up for seconds, and the centre mixes two homes."""
    with HandMade(tmp_path) as home:
        home.centre.lost = 4
        home.later(30, door=0.0)
        assert "broker" not in home.app.state.troubles
        home.centre.lost, home.centre.last_loss = 5, "the broker closed the connection"
        home.later(30, door=0.0)
        trouble = home.app.state.troubles["broker"]
        assert trouble.raised
        assert "same site.id" in trouble.detail
        assert trouble.detail.endswith("the broker closed the connection")
        home.centre.lost = 0
        home.later(120, door=0.0)
        assert "broker" not in home.app.state.troubles
