"""A city's people as small client programs: they report, work at their desks and receive their answers."""
