"""Makes the Debian package: ``make deb``.

Owns what is in the package and where; what happens on a bell when it is installed stands in
``debian/maintainer`` and ``debian/libexec``. Runs on any Linux machine: for another processor or
another Python only wheels are fetched, and nothing of them is run.
"""
