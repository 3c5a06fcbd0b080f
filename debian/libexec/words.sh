# What a person is told: in English and in Korean, for apt knows nothing of who reads it.

tell() { printf 'floodbell: %s\nfloodbell: %s\n' "$1" "$2"; }

fail() {
    tell "$1" "$2" >&2
    exit 1
}

what_next() {
    if ! can_start; then
        tell "installed, and not set up yet. Next: sudo floodbell init" \
            "설치했습니다. 아직 설정이 없습니다. 다음 순서: sudo floodbell init"
    elif running_systemd && ! service_is active; then
        tell "the bell does not run. Next: sudo floodbell doctor" \
            "비상벨이 동작하고 있지 않습니다. 다음 순서: sudo floodbell doctor"
    elif [ ! -e "$settings" ]; then
        tell "the settings file is missing; the bell goes on with the settings that it remembers. Next: sudo floodbell init" \
            "설정 파일이 없어 비상벨이 기억하고 있는 설정으로 동작합니다. 다음 순서: sudo floodbell init"
    fi
}
