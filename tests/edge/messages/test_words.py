"""What 119 and people read: fits, says the worst first, and never that 119 was called when not."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modem.pdu import split
from edge.effects import Facts, Origin, Purpose
from edge.law.notices import WHO_IS_TOLD
from edge.law.policy import Role
from edge.messages import texts as files
from edge.messages.words import (
    NOTICE_PURPOSES,
    REPORT_MAX_CHARACTERS,
    Home,
    Texts,
    TextsError,
    check,
    depth_words,
    notice_text,
    parse,
    report_text,
)

LANGUAGES = ("ko", "en")
TEXTS = {language: files.load(files.find(language)) for language in LANGUAGES}
KO = TEXTS["ko"]
HOME = Home("jongno-0042", "서울 종로구 창신길 12-3 B01호", 1)
WET = Facts(depth_mm=1234.0, at_least=True, setpoint_mm=150.0, armed=True)


def data(language: str = "ko") -> dict[str, Any]:
    with files.find(language).open("rb") as file:
        return tomllib.load(file)


def report(about: Facts, origin: Origin = "water", home: Home = HOME, repeat: int = 2) -> str:
    return report_text(KO, home, origin, about, repeat=repeat, repeats=3)


def report_or_refusal(home: Home) -> str:
    try:
        return report(WET, home=home, repeat=3)
    except TextsError as error:
        return str(error)


def test_a_report_reads_as_the_contract_says() -> None:
    water = report(replace(WET, depth_mm=1200.0))
    assert water == "[침수]서울 종로구 창신길 12-3 B01호 120cm이상 1명 자동신고 2/3"
    assert len(water) == 44
    bell = report(Facts(depth_mm=1200.0), "bell")
    assert bell == "[비상벨]서울 종로구 창신길 12-3 B01호 구조요청 물120cm 1명 2/3"
    assert len(bell) == 44


def test_a_bell_report_speaks_of_water_only_if_there_is_some() -> None:
    assert "물" not in report(Facts(depth_mm=3.0), "bell")
    assert "물" not in report(Facts(), "bell")
    assert "물이상" in report(Facts(drowned=True), "bell")


def test_a_report_in_an_english_home_is_korean() -> None:
    words = report_text(TEXTS["en"], HOME, "water", WET, repeat=1, repeats=3)
    assert words == report_text(KO, HOME, "water", WET, repeat=1, repeats=3)


def test_what_does_not_fit_drops_the_count_then_the_people_then_the_word_automatic() -> None:
    seen = []
    for length in range(20, 45):
        home = Home("x", "가" * length, 99)
        text = report_or_refusal(home)
        if text.startswith("a report to 119"):
            assert "shorten the address by" in text
            seen.append("refused")
            continue
        assert len(text) <= REPORT_MAX_CHARACTERS
        assert text.startswith(f"[침수]{home.address} 123cm이상")
        seen.append(text.removeprefix(f"[침수]{home.address} 123cm이상").strip())
    order = list(dict.fromkeys(seen))
    assert order == ["99명 자동신고 3/3", "99명 자동신고", "자동신고", "", "refused"]


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(
    st.floats(-50, 4000) | st.none(),
    st.booleans(),
    st.floats(0, 4000) | st.none(),
    st.sampled_from([0.0, 150.0, 200.0]),
    st.booleans(),
    st.sampled_from(["water", "bell"]),
)
def test_any_report_fits_into_one_part_and_never_says_less_than_the_setpoint(
    depth_mm: float | None,
    at_least: bool,
    peak_mm: float | None,
    setpoint_mm: float,
    drowned: bool,
    origin: Origin,
) -> None:
    about = Facts(depth_mm, at_least, peak_mm, setpoint_mm, drowned=drowned)
    text = report(about, origin)
    assert len(text) <= REPORT_MAX_CHARACTERS
    assert len(split(text)) == 1
    assert HOME.address in text
    if origin == "water" and not drowned and setpoint_mm:
        numbers = [int(n) for n in re.findall(r"(\d+)(?:cm|\))", text.split("호 ", 1)[1])]
        assert max(numbers) >= setpoint_mm // 10


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (Facts(depth_mm=159.9, setpoint_mm=150.0), "15cm"),
        (Facts(depth_mm=145.0, peak_mm=150.0, setpoint_mm=150.0), "15cm"),
        (Facts(depth_mm=120.0, peak_mm=350.0, setpoint_mm=150.0), "12cm(최고 35cm)"),
        (Facts(depth_mm=-4.0, peak_mm=350.0, setpoint_mm=150.0), "0cm(최고 35cm)"),
        (Facts(depth_mm=342.0, peak_mm=350.0, setpoint_mm=150.0), "34cm"),
        (Facts(depth_mm=340.0, peak_mm=350.0, setpoint_mm=150.0), "34cm"),
        (Facts(depth_mm=339.9, peak_mm=350.0, setpoint_mm=150.0), "33cm(최고 35cm)"),
        (Facts(depth_mm=130.0, peak_mm=140.0, setpoint_mm=150.0), "13cm(최고 15cm)"),
        (Facts(depth_mm=-4.0), "0cm"),
        (Facts(depth_mm=-40.0, peak_mm=0.0), "0cm(최고 0cm)"),
        (Facts(depth_mm=150.0, at_least=True, setpoint_mm=150.0), "15cm 이상"),
        (Facts(depth_mm=20.0, at_least=True, setpoint_mm=20.0), "2cm 이상"),
        (Facts(setpoint_mm=150.0), "15cm 이상"),
        (Facts(), "깊이 모름"),
        (Facts(drowned=True), "10cm 이상(센서 잠김)"),
        (Facts(drowned=True, depth_mm=137.0), "13cm 이상(센서 잠김)"),
    ],
)
def test_depth_is_told_in_whole_centimetres_floored(about: Facts, words: str) -> None:
    assert depth_words(KO, about) == words


def test_a_bound_is_never_told_as_a_depth() -> None:
    """A float that is wet under deep water knows 2 cm: nobody may read that it is 2 cm deep."""
    about = Facts(depth_mm=20.0, at_least=True, peak_mm=400.0, setpoint_mm=150.0)
    assert depth_words(KO, about) == "15cm 이상"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_unarmed_danger_and_bell_texts_say_that_119_was_not_called(
    language: str, role: str
) -> None:
    texts = TEXTS[language]
    for purpose in NOTICE_PURPOSES:
        unarmed = notice_text(texts, HOME, purpose, role, replace(WET, armed=False), "21:04")
        armed = notice_text(texts, HOME, purpose, role, WET, "21:04")
        assert unarmed.startswith(texts.speaker)
        if purpose in (Purpose.DANGER, Purpose.BELL):
            assert unarmed == armed + texts.not_reported
        else:
            assert unarmed == armed


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_armed_text_implies_that_119_was_called(language: str) -> None:
    """Whether 119 has accepted is not known when a text is written."""
    claims = re.compile(r"신고했|신고되었|신고됐|신고 완료|was called|has been called|is coming")
    for purpose in NOTICE_PURPOSES:
        for role in Role:
            words = notice_text(TEXTS[language], HOME, purpose, role.value, WET, "21:04")
            assert not claims.search(words), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_of_a_trouble_has_a_word(language: str) -> None:
    about = replace(WET, cause="sensor:door")
    assert "door" in notice_text(TEXTS[language], HOME, Purpose.TROUBLE, "office", about, "1:00")
    odd = replace(WET, cause="something-else")
    words = notice_text(TEXTS[language], HOME, Purpose.TROUBLE, "office", odd, "1:00")
    assert "something-else" in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_texts_fit_and_both_languages_have_the_same_ones(language: str) -> None:
    assert check(TEXTS[language], HOME, split) == ()
    assert set(TEXTS[language].notices) == set(KO.notices) >= set(WHO_IS_TOLD)
    assert set(TEXTS[language].causes) == set(KO.causes)


def test_an_alert_and_a_danger_are_one_part_each_for_the_contracts_address() -> None:
    for purpose in (Purpose.ALERT, Purpose.DANGER):
        for role in Role:
            words = notice_text(KO, HOME, purpose, role.value, replace(WET, depth_mm=999.0), "1:00")
            assert len(split(words)) == 1, words


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.pop("speaker"), "speaker"),
        (lambda d: d.update(speaker=5), "speaker"),
        (lambda d: d.pop("report"), r"\[report\]"),
        (lambda d: d["report"].pop("water"), "report.water"),
        (lambda d: d["report"].update(water=1), "water"),
        (lambda d: d["depth"].pop("plain"), "depth.plain"),
        (lambda d: d["causes"].pop("other"), "causes.other"),
        (lambda d: d.pop("danger"), r"\[danger\]"),
        (lambda d: d["danger"].pop("all"), "danger.all"),
        (lambda d: d["danger"].update(all="{phone}"), "danger.all.*offered are"),
        (lambda d: d["danger"].update(all="{depth"), "danger.all"),
        (lambda d: d["danger"].update(all="{} {}"), "danger.all"),
    ],
)
def test_a_texts_file_that_cannot_be_used_is_refused_by_the_name_of_the_key(
    change: Any, named: str
) -> None:
    edited = data()
    change(edited)
    with pytest.raises(TextsError, match=named):
        parse(edited)


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ("report", "people", "{persons}"),
        ("report", "depth_plain", "{mm}"),
        ("depth", "plain", "{mm}"),
        ("causes", "sensor", "{x} {"),
    ],
)
def test_every_template_that_is_filled_in_later_is_tried_at_start(
    table: str, key: str, words: str
) -> None:
    """A typing error must be refused at start, not found on the way to 119."""
    edited = data("en")
    edited[table][key] = words
    with pytest.raises(TextsError, match=rf"^{table}\.{key}: "):
        parse(edited)


def test_an_edited_text_that_is_too_long_is_refused_at_start() -> None:
    edited = data()
    edited["danger"]["office"] = "물" * 400
    ((key, _words),) = check(parse(edited), HOME, split)
    assert key == "texts.danger.office"


def test_an_address_too_long_for_119_is_refused_once_for_each_report() -> None:
    problems = check(KO, Home("x", "가" * 40), split)
    assert problems
    assert all("site.address" in problem for problem in problems)


def test_texts_are_composed_characters_whatever_the_editor_wrote() -> None:
    edited = data()
    edited["speaker"] = unicodedata.normalize("NFD", edited["speaker"])
    assert parse(edited).speaker == KO.speaker


def test_a_texts_file_beside_the_settings_goes_before_the_shipped_one(tmp_path: Path) -> None:
    shipped = files.find("ko", tmp_path)
    own = tmp_path / "texts.ko.toml"
    own.write_text(shipped.read_text("utf-8").replace("[종로비상벨]", "[우리집]"), "utf-8")
    assert files.find("ko", tmp_path) == own
    assert files.load(own).speaker == "[우리집]"


def test_a_texts_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextsError, match=r"texts\.xx\.toml"):
        files.find("xx", tmp_path)
    broken = tmp_path / "texts.ko.toml"
    broken.write_text("speaker = [", "utf-8")
    with pytest.raises(TextsError, match=r"texts\.ko\.toml"):
        files.load(broken)
    with pytest.raises(TextsError, match="gone"):
        files.load(tmp_path / "gone")


@pytest.mark.parametrize("data", ['speaker = "종로"'.encode("cp949"), b"x = " + b"[" * 9999])
def test_a_texts_file_of_another_encoding_or_depth_is_refused_in_words(
    data: bytes, tmp_path: Path
) -> None:
    """An editor on Windows saves Korean in its own code page."""
    broken = tmp_path / "texts.ko.toml"
    broken.write_bytes(data)
    with pytest.raises(TextsError, match=r"texts\.ko\.toml: (not UTF-8|endless)"):
        files.load(broken)


def test_a_texts_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    marked = tmp_path / "texts.ko.toml"
    marked.write_bytes(b"\xef\xbb\xbf" + files.find("ko").read_bytes())
    assert files.load(marked) == TEXTS["ko"]


def test_the_templates_are_values() -> None:
    assert isinstance(KO, Texts)
    assert TEXTS["ko"] == files.load(files.find("ko"))


@pytest.mark.parametrize("stage", ["alert", "danger", "bell"])
def test_a_drill_says_first_and_last_that_it_is_one_and_sends_nobody_to_119(stage: str) -> None:
    about = Facts(depth_mm=150.0, setpoint_mm=150.0, cause=stage, mark="drill")
    words = notice_text(KO, HOME, Purpose.DRILL, "guardian", about, "21:04")
    assert words.startswith("[훈련]")
    assert words.endswith(KO.only_drill)
    assert KO.not_reported not in words


def test_what_water_causes_in_a_service_is_marked_and_sends_nobody_to_119() -> None:
    about = replace(WET, armed=False, mark="service")
    words = notice_text(KO, HOME, Purpose.DANGER, "technician", about, "21:04")
    assert words.startswith("[점검]")
    assert KO.not_reported not in words


def test_a_digest_names_everything_that_stands() -> None:
    about = Facts(cause="sensor:door,unarmed,other:x")
    words = notice_text(KO, HOME, Purpose.DIGEST, "office", about, "21:04")
    assert "센서 door 이상, 119 자동신고가 꺼져 있음, x" in words


def test_a_trouble_that_comes_and_goes_says_so() -> None:
    about = Facts(cause="modem", unstable=True)
    words = notice_text(KO, HOME, Purpose.TROUBLE, "office", about, "21:04")
    assert "문자 모뎀 이상 (되풀이됨)" in words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["report"].pop("water"), "report.water is missing"),
        (lambda d: d["report"].update(water=1), "water is missing or not text"),
        (lambda d: d.pop("danger"), "[danger] is missing"),
        (lambda d: d["danger"].pop("all"), "danger.all is missing"),
        (
            lambda d: d["depth"].update(plain="{mm}"),
            "depth.plain: '{mm}' uses 'mm'; offered are {cm}, {peak}",
        ),
    ],
)
def test_what_is_wrong_with_a_texts_file_is_said_in_one_sentence(change: Any, words: str) -> None:
    edited = data()
    change(edited)
    with pytest.raises(TextsError) as caught:
        parse(edited)
    assert str(caught.value) == words


def test_a_report_to_119_may_have_forty_five_characters_and_not_one_more() -> None:
    """The longest core is the bell's, with three digits and a bound."""
    at_most = "가" * (45 - len("[비상벨] 구조요청 물120cm이상"))
    assert check(KO, Home("x", at_most), split) == ()
    ((key, words),) = check(KO, Home("x", at_most + "가"), split)
    assert key == "site.address"
    assert words == (
        "a report to 119 would be 46 characters, at most 45 fit; shorten the address by 1"
    )


def test_an_edited_word_for_water_that_makes_a_report_too_long_is_refused() -> None:
    """Not only the bell's report is tried."""
    edited = data()
    edited["report"]["water"] = "[" + "침수" * 12 + "]"
    assert [key for key, _ in check(parse(edited), HOME, split)] == ["site.address"]


def test_the_longest_text_has_four_parts_and_not_one_character_more() -> None:
    """With fallen water of three digits, an unknown cause, and that 119 was not called."""
    filled = (
        "[종로비상벨]" + "100cm(최고 120cm)" + "00:00" + "기타 고장(window-1)" + KO.not_reported
    )
    edited = data()
    edited["causes"]["other"] = "기타 고장({name})"
    for spare, problems in (
        (0, ()),
        (1, (("texts.danger.office", "269 characters in 5 parts, at most 4 fit"),)),
    ):
        words = "물" * (4 * 67 - len(filled) + spare)
        edited["danger"]["office"] = words + "{depth}{time}{cause}"
        assert check(parse(edited), HOME, split) == problems


def test_the_longest_alert_is_that_of_a_drill() -> None:
    words = KO.drill + "[종로비상벨]" + KO.only_drill
    edited = data()
    for spare, problems in (
        (0, ()),
        (1, (("texts.alert.office", "269 characters in 5 parts, at most 4 fit"),)),
    ):
        edited["alert"]["office"] = "물" * (4 * 67 - len(words) + spare)
        assert check(parse(edited), HOME, split) == problems


@pytest.mark.parametrize(
    ("mark", "marked"),
    [
        ("drill", {"alert", "danger", "bell"}),
        ("only_drill", {"alert", "danger", "bell"}),
        ("service", {"alert", "danger", "drowned", "receded"}),
    ],
)
def test_words_round_a_text_are_tried_with_every_text_that_they_may_stand_round(
    mark: str, marked: set[str]
) -> None:
    edited = data()
    edited[mark] = "물" * (4 * 67)
    assert {key.split(".")[1] for key, _ in check(parse(edited), HOME, split)} == marked


def test_a_report_lets_the_peak_go_before_it_lets_the_address_go() -> None:
    about = Facts(depth_mm=1000.0, peak_mm=1200.0, setpoint_mm=150.0)
    longest = "가" * (45 - len("[침수] 100cm(최고120)"))
    assert report(about, home=Home("x", longest)) == f"[침수]{longest} 100cm(최고120)"
    assert report(about, home=Home("x", longest + "가")) == f"[침수]{longest}가 100cm 자동신고"


def test_a_home_whose_people_nobody_counted_is_reported_without_a_number() -> None:
    text = report(Facts(depth_mm=200.0), home=Home("x", "서울 종로구"))
    assert text == "[침수]서울 종로구 20cm 자동신고 2/3"
    assert Home("x", "서울").occupants is None


@pytest.mark.parametrize(
    ("depth_mm", "words"), [(9.9, ""), (10.0, " 물1cm"), (10.5, " 물1cm"), (11.0, " 물1cm")]
)
def test_a_bell_report_speaks_of_water_from_the_first_whole_centimetre_on(
    depth_mm: float, words: str
) -> None:
    text = report(Facts(depth_mm=depth_mm), "bell", Home("x", "서울"))
    assert text == f"[비상벨]서울 구조요청{words} 2/3"


def test_a_trouble_that_comes_once_is_not_called_one_that_comes_again() -> None:
    about = Facts(cause="modem")
    words = notice_text(KO, HOME, Purpose.TROUBLE, "technician", about, "1:00")
    known = KO.causes["modem"]
    assert words == (
        f"[종로비상벨]고장: jongno-0042 {known} (1:00). 현장에서 floodbell doctor를 실행하세요."
    )


def test_an_address_that_needs_a_second_part_is_refused_though_its_letters_are_few() -> None:
    """An emoji is one letter and takes the room of two: 119 might never put the parts together."""
    home = Home("x", "🏠" * 26)
    ((key, words),) = check(KO, home, split)
    assert key == "site.address"
    assert "more than one part" in words


@pytest.mark.parametrize("language", ["ko", "en"])
def test_where_the_time_is_not_known_no_text_tells_one(language: str) -> None:
    texts = TEXTS[language]
    for purpose in NOTICE_PURPOSES:
        for role in Role:
            known = notice_text(texts, HOME, purpose, role.value, WET, "21:04")
            unknown = notice_text(texts, HOME, purpose, role.value, WET, "")
            assert unknown == known.replace(" (21:04)", "")
            assert not re.search(r"\d\d:\d\d", unknown)


def test_a_text_of_somebodys_own_with_the_time_elsewhere_says_that_it_is_not_known() -> None:
    own = {**KO.notices, Purpose.ALERT: {"all": "{time}에 물 {depth}"}}
    words = notice_text(replace(KO, notices=own), HOME, Purpose.ALERT, "guardian", WET, "")
    assert words.endswith("?에 물 123cm 이상")
