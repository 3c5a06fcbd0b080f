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
import sqlite3
import sys

try:
    print(sqlite3.connect(sys.argv[1], timeout=5).execute("PRAGMA user_version").fetchone()[0])
except sqlite3.Error:
    print("unreadable")
PYTHON
}

# The old version gets its store back only where it could not read what the new one left: else all
# that the new one has told people, and heard from them, would be forgotten. What it has handed to 119
# is in report.journal besides, which nobody takes back. What the new version left is set aside.
give_store_back() {
    [ -e "$before/floodbell.db" ] || return 0
    if [ "$(schema_of "$state/floodbell.db")" != "$(schema_of "$before/floodbell.db")" ]; then
        rm -f "$state"/floodbell.undone-* # one is enough, and a card is small
        stamp=$(date -u +%Y%m%dT%H%M%SZ)
        for file in floodbell.db floodbell.db-wal; do
            [ ! -e "$state/$file" ] || mv "$state/$file" "$state/floodbell.undone-$stamp${file#floodbell}"
        done
        rm -f "$state/floodbell.db-shm"
        # The write-ahead log first: without its database it is nothing, and the other way about too little.
        for file in floodbell.db-wal floodbell.db; do
            [ ! -e "$before/$file" ] || cp -a "$before/$file" "$state/"
        done
        keep_numbers "$state/floodbell.undone-$stamp.db" || true
        sync -f "$state"
    fi
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

forget_copy() { rm -rf "$before" "$before.part"; }
