"""The topics as an AsyncAPI 3.0.0 document, made from the tables and the types.

Owns the document's form. Invariant: the same on every machine, in one order, so that a difference
can be read. The application is the bell: it *sends* what a centre subscribes to and *receives*
commands. For the command line and the tests only: the daemon never loads this.

Source: AsyncAPI 3.0.0; MQTT bindings 0.2.0, the newest that its JSON Schema knows.
"""

from __future__ import annotations

from typing import Any, Final

from drivers.broker.client import MAX_INCOMING_BYTES, SESSION_EXPIRY_S
from drivers.broker.settings import MqttSettings
from edge.centre.interface import schemas
from edge.centre.interface.channels import BASE, CHANNELS, COMMANDS, QOS, Channel
from edge.centre.interface.examples import EXAMPLES, examples_of
from edge.centre.requests import REQUESTS
from edge.store.rows import to_json

CONTRACT_VERSION: Final = "1.0.0"
"""Of the topics and payloads, ``v1`` in every topic; not of floodbell."""

_BINDING: Final = "0.2.0"

_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "district": {"description": "[site] district of the settings: who may see it is ruled by it"},
    "site": {"description": "[site] id of the settings, and the MQTT client id"},
    "sensor": {"description": "the sensor's name in the settings"},
    "command": {"description": "the command that is answered", "enum": list(COMMANDS)},
}


def document() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "floodbell",
            "version": CONTRACT_VERSION,
            "description": "A flood emergency bell in a semi-basement tells its district's centre"
            " what its sensors see, what stands, what happened and how it is; a centre may ask it"
            " for six things. docs/mqtt.md explains how to use this.",
            "license": {"name": "Apache-2.0"},
            "tags": [
                {"name": "state", "description": "retained: only the newest counts"},
                {"name": "log", "description": "numbered: every message counts, once"},
                {"name": "command", "description": "a request, and what became of it"},
            ],
        },
        "defaultContentType": "application/json",
        "servers": {
            "tls": _server("mqtts", 8883, "MQTT over TLS; the bell shows a certificate, a name"),
            "plain": _server("mqtt", 1883, "Without TLS: on the same machine, or where allowed"),
        },
        "channels": {
            **{channel.name: _channel(channel) for channel in CHANNELS},
            **{f"cmd-{name}": _command_channel(name) for name in COMMANDS},
            "reply": _reply_channel(f"{BASE}/cmd/{{command}}/reply"),
            "reply-where-wanted": _reply_channel(None),
        },
        "operations": {
            **{f"tell-{channel.name}": _sending(channel) for channel in CHANNELS},
            **{f"take-{name}": _taking(name) for name in COMMANDS},
            "answer": {
                "action": "send",
                "channel": _ref("channels/reply"),
                "summary": "Answer a request that named no Response Topic (always so in 3.1.1).",
                "bindings": _mqtt(qos=QOS, retain=False),
                "messages": [_ref("channels/reply/messages/reply")],
            },
        },
        "components": {
            "schemas": schemas.components(),
            "messages": _messages(),
            "parameters": _PARAMETERS,
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": "a client certificate for each bell, named after its site",
                },
                "password": {"type": "userPassword", "description": "a name for each bell"},
            },
        },
    }


def _ref(place: str) -> dict[str, str]:
    return {"$ref": f"#/{place}"}


def _mqtt(**fields: object) -> dict[str, Any]:
    known = {name: value for name, value in fields.items() if value is not None}
    return {"mqtt": {**known, "bindingVersion": _BINDING}}


def _server(protocol: str, port: int, words: str) -> dict[str, Any]:
    keepalive_s = MqttSettings.model_fields["keepalive_s"].default
    return {
        "host": f"{{host}}:{port}",
        "protocol": protocol,
        "protocolVersion": "5",
        "description": f"{words}. MQTT 3.1.1 where a broker has no 5 ([mqtt] version = 3).",
        "variables": {"host": {"description": "[mqtt] host of the settings; the port can be set"}},
        "security": [
            _ref(f"components/securitySchemes/{name}") for name in ("certificate", "password")
        ],
        "bindings": _mqtt(
            clientId="{site}",
            cleanSession=False,
            sessionExpiryInterval=SESSION_EXPIRY_S,
            keepAlive=keepalive_s,
            lastWill={
                "topic": f"{BASE}/status",
                "qos": QOS,
                "message": to_json(EXAMPLES["will"]),
                "retain": True,
            },
            maximumPacketSize=MAX_INCOMING_BYTES,
        ),
    }


def _parameters(*names: str) -> dict[str, Any]:
    return {name: _ref(f"components/parameters/{name}") for name in names}


def _channel(channel: Channel) -> dict[str, Any]:
    names = ["district", "site"] + ["sensor"] * ("{sensor}" in channel.topic)
    return {
        "address": channel.address,
        "summary": channel.summary,
        "description": channel.description,
        "parameters": _parameters(*names),
        "messages": {
            name: _ref(f"components/messages/{name}") for name in channel.messages or ("cap",)
        },
        "tags": [{"name": channel.kind}],
    }


def _sending(channel: Channel) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": _ref(f"channels/{channel.name}"),
        "summary": channel.summary,
        "bindings": _mqtt(
            qos=QOS, retain=channel.retained, messageExpiryInterval=channel.expires_s
        ),
        "messages": [
            _ref(f"channels/{channel.name}/messages/{name}")
            for name in channel.messages or ("cap",)
        ],
    }


def _command_channel(name: str) -> dict[str, Any]:
    return {
        "address": f"{BASE}/cmd/{name}",
        "summary": _words(name),
        "parameters": _parameters("district", "site"),
        "messages": {f"request-{name}": _ref(f"components/messages/request-{name}")},
        "tags": [{"name": "command"}],
    }


def _reply_channel(address: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {"address": address}
    if address is None:
        made["summary"] = "The Response Topic of the request, outside of the bell's own topics."
    else:
        made["summary"] = "Where answers go that are wanted nowhere else."
        made["parameters"] = _parameters("district", "site", "command")
    return made | {
        "messages": {"reply": _ref("components/messages/reply")},
        "tags": [{"name": "command"}],
    }


def _taking(name: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": _ref(f"channels/cmd-{name}"),
        "summary": _words(name),
        "description": "Not retained, or it is not heard.",
        "bindings": _mqtt(qos=QOS, retain=False),
        "messages": [_ref(f"channels/cmd-{name}/messages/request-{name}")],
        "reply": {
            "address": {
                "location": "$message.header#/responseTopic",
                "description": "MQTT 5's Response Topic; without one the channel reply",
            },
            "channel": _ref("channels/reply-where-wanted"),
            "messages": [_ref("channels/reply-where-wanted/messages/reply")],
        },
    }


def _words(name: str) -> str:
    return (REQUESTS[name].__doc__ or "").strip()


def _messages() -> dict[str, Any]:
    described = (name for name in schemas.PAYLOADS if not name.startswith("request-"))
    made = {name: _message(name) for name in described}
    made["cap"] = {
        "name": "cap",
        "contentType": "application/xml",
        "summary": "A CAP 1.2 document.",
        "payload": {"type": "string", "contentMediaType": "application/xml"},
    }
    for name in COMMANDS:
        made[f"request-{name}"] = {
            **_message(f"request-{name}"),
            "headers": _headers("responseTopic", "correlationData"),
            "correlationId": {"location": "$message.header#/correlationData"},
        }
    made["reply"] |= {
        "headers": _headers("correlationData"),
        "correlationId": {"location": "$message.header#/correlationData"},
    }
    return made


def _headers(*names: str) -> dict[str, Any]:
    """Properties of MQTT 5, as AsyncAPI can name them."""
    words = {
        "responseTopic": "Response Topic: where the answer goes",
        "correlationData": "Correlation Data: comes back with the answer, byte for byte",
    }
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": words[name]} for name in names},
    }


def _message(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "payload": _ref(f"components/schemas/{name}"),
        "examples": [{"name": title, "payload": example} for title, example in examples_of(name)],
    }
