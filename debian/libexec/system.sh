# What the system must know of the bell. All of it also works where no systemd runs: in a chroot, or
# while an image is made.

running_systemd() { [ -d /run/systemd/system ]; }

service_is() { running_systemd && [ "$(systemctl is-active floodbell.service 2>/dev/null || true)" = "$1" ]; }

# User, directories, modules and device names, by the pieces of the version that comes.
prepare_system() {
    pieces=$payload/share/floodbell/systemd
    made=
    for group in gpio spi; do getent group "$group" >/dev/null || made="$made $group"; done
    for file in "$pieces"/sysusers.d/*.conf; do [ ! -e "$file" ] || systemd-sysusers "$file"; done
    for file in "$pieces"/tmpfiles.d/*.conf; do
        # Its files may lie on a file system that is not there while an image is made.
        [ ! -e "$file" ] || systemd-tmpfiles --create "$file" || true
    done
    # Purge takes back the groups that were made for us, and no others.
    if [ -n "$made" ] && [ ! -e /etc/floodbell/groups-made ]; then
        echo "$made" >/etc/floodbell/groups-made
    fi
}

enable_service() {
    # Whoever has disabled or masked it wants it so, also after the next version.
    deb-systemd-helper unmask floodbell.service >/dev/null || true
    for unit in floodbell.service $(other_units); do
        if deb-systemd-helper --quiet was-enabled "$unit"; then
            deb-systemd-helper enable "$unit" >/dev/null || true
        else
            deb-systemd-helper update-state "$unit" >/dev/null || true
        fi
    done
    running_systemd || return 0
    systemctl daemon-reload
    for command in "systemctl restart systemd-modules-load.service" "udevadm control --reload" \
        "udevadm trigger"; do
        $command >/dev/null 2>&1 || true # no devices in a container
    done
    for unit in $(other_units); do systemctl start "$unit" || true; done
    move_log
}

# A log that goes on where the version before had it: on the card.
move_log() {
    for folder in /run/log/journal/*; do [ ! -d "$folder" ] || return 0; done
    systemctl restart systemd-journald.service || true
}

# Units of ours that want to be enabled, besides the bell itself.
other_units() {
    for unit in "$home"/share/floodbell/systemd/floodbell?*.path "$home"/share/floodbell/systemd/floodbell?*.timer; do
        [ ! -e "$unit" ] || printf '%s ' "${unit##*/}"
    done
}

# Without a settings file a bell goes on with those of its last good start.
can_start() { [ -e "$settings" ] || remembers_settings; }

begin_service() {
    running_systemd || return 0
    can_start || return 0
    # systemd goes on trying if this fails; what_next says so.
    timeout 120 systemctl start floodbell.service || true
}
