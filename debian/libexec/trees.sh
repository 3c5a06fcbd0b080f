# Releases: whole trees beside each other, and the one link that says which is in force.

in_force() { [ ! -e "$home" ] || readlink -f "$home"; }

# Make a release of what dpkg has unpacked; print its folder. The release in force runs on meanwhile.
make_release() {
    mkdir -p "$releases"
    made=$(mktemp -d "$releases/$1.XXXXXX")
    chmod 755 "$made"
    # Hard links, unless /opt is another disk.
    cp -al "$payload/." "$made/" 2>/dev/null || cp -a "$payload/." "$made/"
    # Without byte code each start costs a second, and the bell may not write it itself.
    nice "$made/bin/python3" -m compileall -q -j 0 -s "$made" -p "$home" "$made/lib" >/dev/null || true
    sync -f "$made"
    printf '%s' "$made"
}

units=/usr/lib/systemd/system

# Units are files, not links through /opt/floodbell as all else: "systemctl enable" would follow a link,
# and name one release for good. dpkg does not have them: it would replace them before their program.
place_units() {
    for unit in "$1"/share/floodbell/systemd/floodbell*.*; do
        case "$unit" in *.service | *.timer | *.path | *.target | *.socket) ;; *) continue ;; esac
        cp "$unit" "$units/.${unit##*/}.new"
        mv "$units/.${unit##*/}.new" "$units/${unit##*/}"
    done
    # What an older version had besides.
    for unit in "$units"/floodbell*; do
        [ "$unit" = "$units/floodbell-undo-upgrade.service" ] || [ -d "$unit" ] ||
            [ -e "$1/share/floodbell/systemd/${unit##*/}" ] || rm -f "$unit"
    done
}

# One rename puts the program and all that it brings into force; the units go just before it.
put_into_force() {
    take_over_by_hand
    place_units "$1"
    # -f: one that a power cut left behind would keep every later version out.
    ln -sfn "${releases##*/}/${1##*/}" "$releases/link"
    mv -T "$releases/link" "$home"
    sync -f "$releases"
    sync -f "${home%/*}"
    ! running_systemd || systemctl daemon-reload
}

drop_other_releases() {
    for release in "$releases"/*; do
        case "$release" in "$1" | "$refused") ;; *) rm -rf "$release" ;; esac
    done
}

# A virtual environment that was made by hand (docs/install.md, the way by pip) becomes a release: its
# place is taken by a link to it in one step, so that it works on.
take_over_by_hand() {
    { [ -d "$home" ] && [ ! -L "$home" ]; } || return 0
    mkdir -p "$releases"
    ln -s "${releases##*/}/by-hand" "$releases/by-hand"
    python3 - "$home" "$releases/by-hand" <<'PYTHON'
import ctypes
import os
import sys

here, there = map(os.fsencode, sys.argv[1:])
libc = ctypes.CDLL(None, use_errno=True)
# renameat2(2), RENAME_EXCHANGE
if libc.renameat2(-100, here, -100, there, 2) != 0:
    code = ctypes.get_errno()
    if code != 22:  # this file system cannot
        sys.exit(os.strerror(code))
    os.unlink(there)
    os.rename(here, there)
    os.symlink(os.path.join(os.path.basename(os.path.dirname(there)), b"by-hand"), here)
PYTHON
    place_units "$releases/by-hand"
    drop_copies "$releases/by-hand/share/floodbell/systemd"
    ! running_systemd || systemctl daemon-reload
    tell "the program that was installed by pip is replaced by the package." \
        "pip로 설치된 프로그램을 패키지로 바꿉니다."
}

# What was copied from there into /etc by hand (docs/install.md) would hide the package's; what was changed is kept aside.
drop_copies() {
    [ -d "$1" ] || return 0
    (cd "$1" && find . -type f) | while read -r piece; do
        case "$piece" in
        ./floodbell*) copy=/etc/systemd/system/$piece ;;
        ./*.conf.d/*) copy=/etc/systemd/$piece ;;
        *) copy=/etc/$piece ;;
        esac
        [ -f "$copy" ] || continue
        if cmp -s "$copy" "$1/$piece"; then rm -f "$copy"; else mv "$copy" "$copy.before-package"; fi
    done
    [ ! -L /usr/local/bin/floodbell ] || rm -f /usr/local/bin/floodbell
}
