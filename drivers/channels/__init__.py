"""Ways out over the internet: what another side accepts by HTTPS."""
