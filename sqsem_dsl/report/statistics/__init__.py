"""Statistics on the choices of a study's trials, with intervals: the numbers behind the report."""
