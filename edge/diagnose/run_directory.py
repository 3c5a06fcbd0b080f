"""Check of the run directory: the journal of reports in it keeps a crash loop from storming 119."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.host.mounts import mount_of
from edge.diagnose.examination import SERVICE_USER, Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

JOURNAL = "report.journal"


def check_run_directory(examination: Examination) -> Iterator[Verdict]:
    """Whether the journal can be written, and outlives a restart of the service.

    Source: design §4.11; systemd.exec(5), RuntimeDirectoryPreserve=.
    """
    run, unit = examination.settings.paths.run, examination.unit
    name = Subject("journal", _("journal of reports"))
    if examination.installed and unit is not None and unit.get("LoadState") == "loaded":
        preserve = unit.get("RuntimeDirectoryPreserve")
        if preserve != "yes":
            yield warn(
                name,
                _("RuntimeDirectoryPreserve={found}: lost at each restart").format(found=preserve),
                _("sudo systemctl edit floodbell: under [Service] {line}").format(
                    line="RuntimeDirectoryPreserve=yes"
                ),
            )
            return
    service, journal = examination.service_user, run / JOURNAL
    try:
        if not run.is_dir():
            yield skip(name, _("{path} is not there yet: made at the first start").format(path=run))
            return
        writable = service is None or (
            service.may_write_in(run)
            and (not journal.exists() or service.may_read_and_write(journal))
        )
    except OSError as fault:
        yield skip(name, f"{run}: {fault.strerror}")
        return
    if not writable:
        yield bad(
            name,
            _("the service may not write in {path}").format(path=run),
            f"sudo chown -R {SERVICE_USER}: {run}",
        )
        return
    mount = mount_of(examination.machine, run)
    if mount is not None and not mount.forgets:
        yield warn(
            name,
            _("{path} is on the disk: it dies with it").format(path=run),
            _("set paths.run to a folder in memory, such as /run/floodbell"),
        )
        return
    yield good(name, str(journal))
