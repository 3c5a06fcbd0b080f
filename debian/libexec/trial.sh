# A new version on trial: it runs from its own release, by a unit in /run, while the link still names
# the old one. A power cut therefore always boots the old version.

trial_unit=/run/systemd/system/floodbell.service
upgrade_log=/var/log/floodbell-upgrade.log

# A sensor that is broken keeps READY waiting for its stale_after_s (600 at most) and 10 s more, and
# systemd ends a start that hangs much sooner by itself. The bell listens and texts meanwhile.
ready_within_s=720

# apt configures what is not configured at each of its runs; a bell is not restarted again and again
# by that.
refuse_again() {
    [ "$(cat "$refused" 2>/dev/null)" = "$1" ] || return 0
    [ "${FLOODBELL_ANYWAY:-}" != 1 ] || return 0
    fail "version $1 did not become ready when it was tried, so the bell still runs the one before ($upgrade_log). To try again: sudo FLOODBELL_ANYWAY=1 dpkg --configure floodbell. Or install another version." \
        "$1 버전은 시험 때 준비되지 않아, 비상벨은 이전 버전으로 동작하고 있습니다($upgrade_log). 다시 시도하려면: sudo FLOODBELL_ANYWAY=1 dpkg --configure floodbell. 또는 다른 버전을 설치하십시오."
}

try_release() {
    room_for_copy
    trap 'lose_trial "$fresh" "$version"' EXIT # whatever goes wrong from here on
    began=$(date '+%Y-%m-%d %H:%M:%S')
    systemctl stop floodbell.service || true
    copy_store "$1"
    take_over_by_hand
    mkdir -p "${trial_unit%/*}"
    sed -e "s|$home/bin/floodbell|$1/bin/python3 $1/bin/floodbell|" \
        -e '/^ExecStart=/a SyslogIdentifier=floodbell' \
        "$1/share/floodbell/systemd/floodbell.service" >"$trial_unit"
    systemctl daemon-reload
    # Type=notify: this waits until the bell says READY, or fails.
    timeout $ready_within_s systemctl start floodbell.service
    service_is active
    put_into_force "$1"
    trap - EXIT
    rm -f "$trial_unit"
    systemctl daemon-reload
    forget_copy
    enable_service
}

lose_trial() {
    trap - EXIT
    set +e
    journalctl -u floodbell.service --since "$began" --no-pager >"$upgrade_log" 2>&1
    systemctl stop floodbell.service
    rm -f "$trial_unit"
    systemctl daemon-reload
    give_store_back
    forget_copy
    rm -rf "$1"
    echo "$2" >"$refused"
    if timeout $ready_within_s systemctl start floodbell.service; then
        fail "version $2 did not become ready; the version before runs again, with all it knew. Why: $upgrade_log" \
            "$2 버전이 준비되지 않아, 이전 버전을 기록과 함께 되살렸습니다. 이유: $upgrade_log"
    fi
    fail "version $2 did not become ready, and the version before does not start either. Look at once: sudo floodbell doctor" \
        "$2 버전이 준비되지 않았고 이전 버전도 시작되지 않습니다. 바로 확인하십시오: sudo floodbell doctor"
}

# At boot, before the bell. A trial that was won is in force already; only its copy was left behind.
undo_trial() {
    rm -rf "$before.part"
    [ -d "$before" ] || return 0
    tried=$(cat "$before/release")
    if [ "$(in_force)" != "$tried" ]; then
        give_store_back
        # The cut may have come between the new units and the new link.
        if [ -d "$(in_force)/share/floodbell/systemd" ]; then
            place_units "$(in_force)"
            ! running_systemd || systemctl daemon-reload
        fi
        rm -rf "$tried"
    fi
    forget_copy
}
