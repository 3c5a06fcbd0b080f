"""From decisions to messages: one for each contact and part, each with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from drivers.modem.pdu import split
from edge.effects import Call, Facts, Notice, Purpose, Report
from edge.messages import texts as files
from edge.messages.cap_threads import Document
from edge.messages.drafting import (
    Addressee,
    Desk,
    draft_call,
    draft_document,
    draft_notice,
    draft_report,
)
from edge.messages.message import Message
from edge.messages.words import Home

DESK = Desk(
    texts=files.load(files.find("ko")),
    home=Home("jongno-0042", "서울 종로구 창신길 12-3 B01호", 1),
    addressees={
        "home": Addressee("resident", "+821011111111", ("modem",)),
        "mother": Addressee("guardian", "+821022222222", ("modem", "http")),
        "mute": Addressee("office", "+821033333333", ()),
    },
    split=split,
    boot_id="boot-1",
)
WET = Facts(depth_mm=151.0, peak_mm=151.0, setpoint_mm=150.0, zone="entrance", armed=True)


def danger(contacts: tuple[str, ...], about: Facts = WET, episode: int = 1) -> Notice:
    return Notice(Purpose.DANGER, contacts, "i1", episode, about, "because", "water")


def drafted(notice: Notice, reference: Callable[[], int] = lambda: 7) -> tuple[Message, ...]:
    return draft_notice(DESK, notice, 5.0, time_words="21:04", concat_reference=reference)


def test_each_contact_gets_the_text_of_its_role_nearest_to_the_water_first() -> None:
    home, mother = drafted(danger(("home", "mother")))
    assert "지금 바로 밖으로" in home.text
    assert "대피를 도와주세요" in mother.text
    assert (home.rank, mother.rank) == (0, 1)
    assert mother.routes == ("modem", "http")
    assert home.key == "i1/1/danger/home/1/1"
    assert (home.decided_s, home.incident, home.reason) == (5.0, "i1", "because")


def test_who_is_unknown_or_has_no_route_gets_nothing_and_the_next_one_does() -> None:
    assert drafted(danger(("ghost", "mute"))) == ()
    (home,) = drafted(danger(("ghost", "mute", "home")))
    assert (home.contact, home.rank) == ("home", 2)


def test_a_notice_that_names_its_way_takes_no_other() -> None:
    (message,) = drafted(replace(danger(("mother",)), routes=("modem",)))
    assert message.routes == ("modem",)
    (mute,) = drafted(replace(danger(("mute",)), routes=("modem",)))
    assert mute.routes == ("modem",), "though the contact has none of its own"
    assert drafted(replace(danger(("ghost",)), routes=("modem",))) == ()


def test_a_notices_message_says_all_that_was_decided() -> None:
    (message,) = drafted(danger(("mother",), episode=3))
    assert "21:04" in message.text
    assert message == Message(
        key="i1/3/danger/mother/1/1",
        purpose=Purpose.DANGER,
        contact="mother",
        incident="i1",
        episode=3,
        decided_s=5.0,
        routes=("modem", "http"),
        text=message.text,
        origin="water",
        facts=WET,
        reason="because",
    )


def test_a_long_text_is_cut_into_parts_that_share_a_reference() -> None:
    about = Facts(depth_mm=151.0, setpoint_mm=150.0, armed=False)
    references = count(40)
    messages = drafted(danger(("home", "mother"), about), lambda: next(references))
    by_contact = {name: [m for m in messages if m.contact == name] for name in ("home", "mother")}
    for parts in by_contact.values():
        assert [m.part for m in parts] == list(range(1, len(parts) + 1))
        assert {m.parts for m in parts} == {len(parts)}
        assert len({m.concat_reference for m in parts}) == 1
    assert len(by_contact["home"]) > 1
    assert by_contact["home"][0].concat_reference != by_contact["mother"][0].concat_reference
    assert DESK.texts.not_reported in "".join(m.text for m in by_contact["home"])


def test_a_text_of_one_part_has_no_reference() -> None:
    (one,) = drafted(danger(("home",)))
    assert (one.part, one.parts, one.concat_reference) == (1, 1, None)


def test_the_same_decision_has_the_same_keys_and_another_has_others() -> None:
    first = {m.key for m in drafted(danger(("home", "mother")))}
    assert first == {m.key for m in drafted(danger(("home", "mother")))}
    assert not first & {m.key for m in drafted(danger(("home", "mother"), episode=2))}


def test_two_troubles_of_one_millisecond_have_different_keys() -> None:
    def trouble(cause: str) -> Notice:
        about = Facts(cause=cause)
        return Notice(Purpose.TROUBLE, ("home",), None, 12345, about, "why")

    keys = {m.key for cause in ("modem", "store") for m in drafted(trouble(cause))}
    later = replace(DESK, boot_id="boot-2")
    keys |= {
        m.key
        for m in draft_notice(
            later, trouble("modem"), 5.0, time_words="21:04", concat_reference=lambda: 7
        )
    }
    assert len(keys) == 3, "nor of another boot"
    assert "modem@boot-1/12345/trouble/home/1/1" in keys


def test_a_report_has_no_words_until_it_leaves_and_goes_by_the_modem_only() -> None:
    report = Report("i1", 2, 3, 4, "bell", "bell pressed")
    assert draft_report(DESK, report, 9.0, 150.0) == Message(
        key="i1/2/report/119/3/1",
        purpose=Purpose.REPORT,
        contact="119",
        incident="i1",
        episode=2,
        decided_s=9.0,
        routes=("modem",),
        text="",
        repeat=3,
        repeats=4,
        origin="bell",
        facts=Facts(setpoint_mm=150.0),
        reason="bell pressed",
    )


def test_nothing_but_a_report_has_119_for_a_contact() -> None:
    assert all(m.contact in DESK.addressees for m in drafted(danger(("home", "mother"))))


def test_a_document_becomes_a_message_that_its_number_names_and_orders() -> None:
    assert DESK.cap_routes == ()
    desk = replace(DESK, cap_routes=("cap",))
    told = Document("i1", "i1", 2, 7, "Update", "<alert/>")
    assert draft_document(desk, told, 9.0) == Message(
        key="i1/7/cap/cap/1/1",
        purpose=Purpose.CAP,
        contact="cap",
        incident="i1",
        episode=2,
        decided_s=9.0,
        routes=("cap",),
        text="<alert/>",
        reason="CAP Update",
        rank=7,
    )
    drill = Document("drill-r-1", None, 0, 8, "Alert", "<alert/>")
    assert draft_document(desk, drill, 9.0).incident is None


def test_a_call_goes_by_the_voice_line_and_has_no_words() -> None:
    call = draft_call(DESK, Call("i1", 2, "bell", "why"), 5.0)
    assert (call.key, call.contact, call.routes) == ("i1/2/call/119/1/1", "119", ("voice",))
    assert (call.purpose, call.text, call.origin, call.reason) == (Purpose.CALL, "", "bell", "why")
    assert (call.incident, call.episode, call.decided_s) == ("i1", 2, 5.0)


def test_119_and_the_centre_have_ways_of_their_own_and_are_no_contacts() -> None:
    desk = replace(DESK, cap_routes=("cap",))
    assert desk.routes_to(Purpose.REPORT, "119") == ("modem",)
    assert desk.routes_to(Purpose.CALL, "119") == ("voice",)
    assert desk.routes_to(Purpose.CAP, "cap") == ("cap",)
    contact, addressee = next(iter(DESK.addressees.items()))
    assert desk.routes_to(Purpose.DANGER, contact) == addressee.routes
    assert desk.routes_to(Purpose.DANGER, "nobody") == ()
