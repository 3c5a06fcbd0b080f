"""Counts the rows of a log as they arrive, in a process of its own.

Arguments: broker port, topic of the first sign of life, topic of the rows, how many. Says
``listening`` when it has subscribed, then one line of JSON when it has them all: seconds from the
first sign of life to the last row; rows, messages, bytes; and how many numbers from 1 on are
missing, came twice, or came out of order.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise

from tests.bench.ear import Ear, Said

AT_MOST_S = 120.0
_SEQ = re.compile(rb'"seq":(\d+)')


def main() -> None:
    """Listen, count, look at every number when the clock has stopped, report."""
    port, life, topic, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    with Ear(port, life, topic, name="counting") as ear:
        print("listening", flush=True)
        began_s = None
        heard: list[Said] = []
        rows = 0
        while rows < count:
            said = ear.next(AT_MOST_S)
            if said.topic == topic:
                heard.append(said)
                rows += said.payload.count(b'"seq":')
            elif began_s is None and b'"online":false' not in said.payload:
                began_s = said.at_s
    assert began_s is not None, "rows came before any sign of life"
    seqs = [int(seq) for said in heard for seq in _SEQ.findall(said.payload)]
    ours = [seq for seq in seqs if seq <= count]
    figures = {
        "took_s": heard[-1].at_s - began_s,
        "rows": len(ours),
        "messages": len(heard),
        "bytes": sum(len(said.payload) for said in heard),
        "lost": count - len(set(ours)),
        "doubled": len(ours) - len(set(ours)),
        "disordered": sum(later < earlier for earlier, later in pairwise(ours)),
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
