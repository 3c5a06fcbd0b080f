"""EMQX's rules, which cannot be run here: read as Erlang terms, held against the same table.

Stands on EMQX's documentation of its file format: the first rule that matches decides, a topic
filter covers narrower filters when a client subscribes, and ``${username}`` fills a whole level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.config.rules import RULES, May, Rule, Who, allowed
from tests.config.shipped import BROKER
from tests.config.test_broker_rules import OTHER, SITE, TOPICS

_TOKEN = re.compile(r'\s*(?:%[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|[a-z]\w*|[{}\[\],.])')


def terms(text: str) -> Iterator[Any]:
    """Erlang terms that end with a full stop: tuples, lists, strings and atoms."""
    tokens = [match.group(1) for match in _TOKEN.finditer(text)]
    left = "".join(_TOKEN.split(text)[::2]).strip()
    assert not left, f"not understood: {left}"
    at = 0

    def term() -> Any:
        nonlocal at
        word = tokens[at]
        at += 1
        if word not in "{[":
            return word[1:-1] if word.startswith('"') else f":{word}"
        end = {"{": "}", "[": "]"}[word]
        items = []
        while tokens[at] != end:
            items.append(term())
            if tokens[at] == ",":
                at += 1
        at += 1
        return tuple(items) if word == "{" else items

    while at < len(tokens):
        yield term()
        assert tokens[at] == "."
        at += 1


ACL = list(terms((BROKER / "emqx-acl.conf").read_text()))
ACTIONS: dict[str, May] = {":publish": "write", ":subscribe": "read"}


def who_of(client: Any) -> Who:
    assert client[0] == ":username"
    if client[1] in ("centre", "operator"):
        return client[1]  # type: ignore[no-any-return]
    assert client[1] == (":re", "^[a-z0-9-]{1,32}$")
    return "device"


def test_what_it_allows_is_the_table() -> None:
    found = {
        Rule(who_of(client), ACTIONS[action], topic.replace("${username}", "{site}"))
        for permission, client, action, topics in (rule for rule in ACL if len(rule) == 4)
        for topic in topics
        if permission == ":allow"
    }
    assert found == RULES


def test_a_placeholder_fills_its_level_and_the_last_word_is_no() -> None:
    assert ACL[-1] == (":deny", ":all")
    for rule in ACL[:-1]:
        for topic in rule[3]:
            assert all(
                "$" not in level or level in ("${username}", "$SYS") for level in topic.split("/")
            )


def covers(rule: str, asked: str) -> bool:
    """Whether a rule's filter covers a topic, or every topic of an asked filter."""
    for wanted, level in zip(rule.split("/"), asked.split("/"), strict=False):
        if wanted == "#":
            return not (rule == "#" and asked.startswith("$"))
        if level == "#" or (wanted != "+" and wanted != level):
            return False
    return len(rule.split("/")) == len(asked.split("/"))


def decides(name: str, may: May, topic: str) -> bool:
    """The first rule that matches, as EMQX would find it."""
    for permission, client, *rest in ACL:
        if client == ":all":
            return bool(permission == ":allow")
        known = client[1]
        if not (known == name if isinstance(known, str) else re.search(known[1], name)):
            continue
        action, topics = rest
        if ACTIONS.get(action, may) != may:
            continue
        if any(covers(one.replace("${username}", name), topic) for one in topics):
            return bool(permission == ":allow")
    return False


@pytest.mark.parametrize("name", [SITE, OTHER, "centre", "operator", "Jongno", "a" * 33])
def test_each_may_what_the_table_says_and_nothing_else(name: str) -> None:
    who: Who = name if name in ("centre", "operator") else "device"  # type: ignore[assignment]
    well_named = re.fullmatch("[a-z0-9-]{1,32}", name) is not None
    for topic in TOPICS:
        for may in ("read", "write"):
            wanted = allowed(who, name, may, topic) and well_named
            assert decides(name, may, topic) == wanted, (name, may, topic)


@pytest.mark.parametrize(
    "asked",
    [
        *("#", "+/#", "floodbell/#", "floodbell/v1/+/+/cmd/+", "$SYS/#", "homeassistant/#"),
        *(f"floodbell/v1/+/{OTHER}/#", f"floodbell/v1/jongno/{SITE}/#", "floodbell/reply/#"),
    ],
)
def test_a_bell_is_refused_wide_subscriptions(asked: str) -> None:
    """Shared ones too: EMQX looks at the filter behind the group."""
    assert not decides(SITE, "read", asked)


def test_the_settings_show_the_certificates_name_to_the_rules_and_let_nobody_in_without_one() -> (
    None
):
    text = (BROKER / "emqx.conf").read_text()
    said = dict(re.findall(r"^\s*([a-z_.]+) = (\S+)$", text, re.MULTILINE))
    assert said["peer_cert_as_username"] == "cn"
    assert "peer_cert_as_clientid" not in said, "the doctor would cut off its own daemon"
    assert (said["verify"], said["fail_if_no_peer_cert"]) == ("verify_peer", "true")
    assert (said["no_match"], said["deny_action"]) == ("deny", "ignore")
    for door in ("tcp", "ws", "wss"):
        assert said[f"listeners.{door}.default.enable"] == "false"
    bare = re.sub(r"##[^\n]*|\"[^\"]*\"|'[^']*'", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("[") == bare.count("]")
