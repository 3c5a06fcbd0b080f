# A new version on trial: it runs from its own release, by a unit in /run, while the link still names
# the old one. A power cut therefore boots the old version, unless the new one had reported READY.
#
# Invariant: each trial has an end, whatever becomes of the script that began it. Whoever works on one
# holds a lock, which the kernel takes back when he is killed; a guard waits for it, run by systemd and
# started again by it. systemd itself notes the READY beside the copy of the store.

trial_unit=/run/systemd/system/floodbell.service
trial_mark=/run/floodbell-trial # the lock; with a release in it while its trial has no end
trial_guard=floodbell-trial-guard.service
upgrade_log=/var/log/floodbell-upgrade.log

# systemd ends a start that hangs before its first turn after 90 s; then READY comes within 120 s, whatever
# the sensors do (edge/loop/to_systemd.py).
ready_within_s=300

# apt configures what is not configured at each of its runs; a bell is not restarted again and again
# by that.
refuse_again() {
    [ "$(cat "$refused" 2>/dev/null)" = "$1" ] || return 0
    [ "${FLOODBELL_ANYWAY:-}" != 1 ] || return 0
    fail "version $1 did not become ready when it was tried, so the bell still runs the one before ($upgrade_log). To try again: sudo FLOODBELL_ANYWAY=1 dpkg --configure floodbell. Or install another version." \
        "$1 버전은 시험 때 준비되지 않아, 비상벨은 이전 버전으로 동작하고 있습니다($upgrade_log). 다시 시도하려면: sudo FLOODBELL_ANYWAY=1 dpkg --configure floodbell. 또는 다른 버전을 설치하십시오."
}

# Be the only one who works on a trial, and end one that somebody has left.
begin_alone() {
    running_systemd || return 0
    exec 9>>"$trial_mark"
    flock -w $((2 * ready_within_s + 120)) 9 ||
        fail "another upgrade of floodbell is still under way. Nothing was changed." \
            "다른 floodbell 업그레이드가 진행 중입니다. 아무것도 바꾸지 않았습니다."
    settle_trial
}

# It waits until nobody holds the lock, and ends what is then without an end.
post_guard() {
    systemctl stop "$trial_guard" 2>/dev/null || true # of a trial before: we have the lock
    systemctl reset-failed "$trial_guard" 2>/dev/null || true
    systemd-run --quiet --collect --unit="$trial_guard" --description="end a floodbell upgrade that was cut short" \
        --property=Restart=on-failure --property=RestartSec=2 --property=StartLimitIntervalSec=0 \
        "${here:-/usr/libexec/floodbell}/release" settle 9>&-
}

try_release() {
    room_for_copy
    fresh=$1
    began=$(date '+%Y-%m-%d %H:%M:%S')
    post_guard || fail "systemd cannot keep watch over the trial of version $version. Nothing was changed." \
        "systemd가 $version 버전의 시험을 지켜볼 수 없습니다. 아무것도 바꾸지 않았습니다."
    trap 'lose_trial' EXIT # whatever goes wrong from here on
    printf '%s\n%s\n%s\n' "$fresh" "$version" "$began" >"$trial_mark"
    systemctl stop floodbell.service || true
    copy_store "$fresh"
    take_over_by_hand
    mkdir -p "${trial_unit%/*}"
    sed -e "s|$home/bin/floodbell|$fresh/bin/python3 $fresh/bin/floodbell|" \
        -e '/^ExecStart=/a SyslogIdentifier=floodbell' \
        -e "/^ExecStart=/a ExecStartPost=-+/bin/sh -c ': >$before/ready; sync -f $before'" \
        "$fresh/share/floodbell/systemd/floodbell.service" >"$trial_unit.new"
    mv "$trial_unit.new" "$trial_unit"
    systemctl daemon-reload
    # Type=notify: this waits until the bell says READY, or fails.
    timeout $ready_within_s systemctl start floodbell.service
    service_is active
    win_trial
}

win_trial() {
    put_into_force "$fresh"
    trap - EXIT
    rm -f "$trial_unit"
    systemctl daemon-reload
    forget_copy
    enable_service
    : >"$trial_mark"
}

lose_trial() {
    trap - EXIT
    set +e
    journalctl -u floodbell.service --since "$began" --no-pager >"$upgrade_log" 2>&1
    systemctl stop floodbell.service
    # It may have been ready for a moment. A power cut from here on must not take that for a trial that was won.
    [ ! -d "$before" ] || { rm -f "$before/ready" && sync -f "$before"; }
    rm -f "$trial_unit"
    systemctl daemon-reload
    give_store_back
    forget_copy
    rm -rf "$fresh"
    echo "$version" >"$refused"
    timeout $ready_within_s systemctl start floodbell.service
    up=$?
    : >"$trial_mark"
    if [ $up = 0 ]; then
        fail "version $version did not become ready; the version before runs again, with all it knew. Why: $upgrade_log" \
            "$version 버전이 준비되지 않아, 이전 버전을 기록과 함께 되살렸습니다. 이유: $upgrade_log"
    fi
    fail "version $version did not become ready, and the version before does not start either. Look at once: sudo floodbell doctor" \
        "$version 버전이 준비되지 않았고 이전 버전도 시작되지 않습니다. 바로 확인하십시오: sudo floodbell doctor"
}

# Give a trial that was left the end that it has earned: its bell is asked for its READY as long as the one
# who began it would have waited.
settle_trial() {
    if [ ! -s "$trial_mark" ]; then
        # Of this boot there is none. A copy that is there all the same was in the way of no bell that runs.
        [ ! -d "$before" ] || keep_copy
        return 0
    fi
    { read -r fresh && read -r version && read -r began; } <"$trial_mark" || began=yesterday
    if [ "$(in_force)" = "$fresh" ]; then
        rm -f "$trial_unit"
        systemctl daemon-reload
        forget_copy
        enable_service
        begin_service
        : >"$trial_mark"
    elif [ ! -e "$trial_unit" ]; then
        # Killed before it was tried, which is no fault of its, or while it was being taken back.
        (lose_trial) >/dev/null 2>&1 || true
        rm -f "$refused"
    elif [ -d "$before" ] && is_ready; then
        win_trial
        drop_other_releases "$fresh"
    else
        (lose_trial) || true
    fi
}

is_ready() {
    systemctl daemon-reload
    timeout $ready_within_s systemctl start floodbell.service && service_is active
}

# At boot, before the bell. A trial that was won is in force already; only its copy was left behind.
undo_trial() {
    if service_is active || service_is activating; then
        begin_alone # somebody has called this by hand
        return
    fi
    rm -rf "$before.part"
    [ -d "$before" ] || return 0
    tried=$(cat "$before/release")
    if [ "$(in_force)" = "$tried" ]; then
        :
    elif [ -e "$before/ready" ] && [ -x "$tried/bin/floodbell" ]; then
        put_into_force "$tried" # it was ready, and may have been so for weeks
    else
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
