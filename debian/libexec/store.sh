# The store of a bell whose new version is on trial: a copy, taken while nobody writes.

state=/var/lib/floodbell
before=/var/lib/floodbell-before

# Refuse before the bell is stopped if the copy would not fit.
room_for_copy() {
    [ -e "$state/floodbell.db" ] || return 0
    needed=$(du -ck "$state"/floodbell.db* | tail -n 1 | cut -f 1)
    free=$(df -Pk "${state%/*}" | tail -n 1 | awk '{ print $4 }')
    [ "$free" -gt $((needed + 8192)) ] ||
        fail "no room to keep a copy of the store ($needed KiB needed, $free KiB free). Nothing was changed." \
            "저장소 사본을 둘 공간이 부족합니다(필요 ${needed} KiB, 남음 ${free} KiB). 아무것도 바꾸지 않았습니다."
}

# Whole or not there: a copy that a power cut has interrupted has another name.
copy_store() {
    rm -rf "$before" "$before.part"
    mkdir -m 700 "$before.part"
    for file in "$state"/floodbell.db "$state"/floodbell.db-wal; do
        [ ! -e "$file" ] || cp -a "$file" "$before.part/"
    done
    echo "$1" >"$before.part/release"
    sync -f "$before.part"
    mv "$before.part" "$before"
    sync -f "${before%/*}"
}

schema_of() {
    python3 - "$1" <<'PYTHON'
import pathlib
import sqlite3
import sys

path = pathlib.Path(sys.argv[1])
try:  # mode=rw: one that is not there is not made
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5)
    print(db.execute("PRAGMA user_version").fetchone()[0])
except sqlite3.Error:
    print("unreadable" if path.exists() else "none")
PYTHON
}

# Whether the store holds the settings of the last good start (edge/store/ledger.py).
remembers_settings() {
    [ -s "$state/floodbell.db" ] || return 1
    python3 - "$state/floodbell.db" 2>/dev/null <<'PYTHON'
import pathlib
import sqlite3
import sys

db = sqlite3.connect(f"{pathlib.Path(sys.argv[1]).absolute().as_uri()}?mode=rw", uri=True, timeout=5)
sys.exit(db.execute("SELECT 1 FROM meta WHERE name = 'settings.good'").fetchone() is None)
PYTHON
}

# The old version gets its store back only where it could not read what the new one left: else all
# that the new one has told people, and heard from them, would be forgotten. What it has handed to 119
# is in report.journal besides, which nobody takes back. What the new version left is set aside.
#
# A power cut may come at any instant, and this is then begun again: what was done is written down in
# $before, step by step. Until the last step both stores are there, and no step is done twice that
# would harm the second time: what was put aside is never replaced by what was put back.
give_store_back() {
    [ -s "$before/floodbell.db" ] || return 0
    if [ ! -e "$before/stamp" ]; then
        [ "$(schema_of "$state/floodbell.db")" != "$(schema_of "$before/floodbell.db")" ] || return 0
        for older in "$state"/floodbell.undone-*; do echo "${older##*/}"; done >"$before/older"
        date -u +%Y%m%dT%H%M%SZ >"$before/stamp.part"
        sync -f "$before"
        mv "$before/stamp.part" "$before/stamp"
        sync -f "$before"
    fi
    undone=$state/floodbell.undone-$(cat "$before/stamp").db
    if ! reached aside; then
        if [ -s "$undone" ] && [ -s "$state/floodbell.db" ]; then
            # A bell that ran between two power cuts has begun a store of its own: that is kept besides.
            undone=${undone%.db}-again.db
        fi
        for tail in "" -wal; do
            # An empty one has nothing in it, and what was put aside before a power cut may have.
            [ ! -s "$state/floodbell.db$tail" ] || mv "$state/floodbell.db$tail" "$undone$tail"
            rm -f "$state/floodbell.db$tail"
        done
        rm -f "$state/floodbell.db-shm"
        reach aside
    fi
    if ! reached placed; then
        # The write-ahead log first: without its database it is nothing, and the other way about too little.
        for tail in -wal ""; do
            [ ! -e "$before/floodbell.db$tail" ] || place_back "floodbell.db$tail"
        done
        reach placed # from here on the log that was kept is not put beside a database that has gone on
    fi
    if [ -e "$undone" ]; then keep_numbers "$undone" || true; fi
    sync -f "$state"
    # One is enough, and a card is small; but not before all that it held is safe.
    while read -r older; do rm -f "$state/$older"; done <"$before/older"
}

reached() { [ -e "$before/$1" ]; }

reach() {
    sync -f "$state"
    : >"$before/$1"
    sync -f "$before"
}

# Whole or not there. A hard link needs no room; the state may be on a partition of its own, though.
place_back() {
    rm -f "$state/floodbell.back"
    ln "$before/$1" "$state/floodbell.back" 2>/dev/null || cp -a "$before/$1" "$state/floodbell.back"
    sync -f "$state"
    rm -f "$state/$1" # mv refuses to put a file in the place of itself
    mv "$state/floodbell.back" "$state/$1"
}

# A number of a log is never used twice (the centre proves by them that nothing is missing): what the new
# version has logged on trial goes with its numbers into the store that the old one gets back.
keep_numbers() {
    python3 - "$state/floodbell.db" "$1" <<'PYTHON'
import contextlib
import sqlite3
import sys

old, undone = sys.argv[1:]
with contextlib.closing(sqlite3.connect(old, timeout=5, isolation_level=None)) as db:
    db.execute("ATTACH ? AS undone", (undone,))
    for log in ("events", "cap", "readings"):
        # A newer version may have changed this table: then it cannot be told here.
        with contextlib.suppress(sqlite3.Error):
            db.execute(
                f"INSERT INTO main.{log} (seq, body) SELECT seq, body FROM undone.{log}"
                f" WHERE seq > (SELECT coalesce(max(seq), 0) FROM main.{log}) ORDER BY seq"
            )
PYTHON
}

# At once: half of it would be taken for a copy whose steps have not been taken.
forget_copy() {
    rm -rf "$before.part"
    [ ! -d "$before" ] || mv "$before" "$before.part"
    rm -rf "$before.part"
}

# A copy whose trial nobody knows any more is kept under a name that says so, beside the store.
keep_copy() {
    kept=$state/floodbell.undone-$(date -u +%Y%m%dT%H%M%SZ).db
    for tail in -wal ""; do
        [ ! -e "$before/floodbell.db$tail" ] || mv "$before/floodbell.db$tail" "$kept$tail"
    done
    sync -f "$state"
    forget_copy
}
