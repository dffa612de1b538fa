"""A tiny service of the tests: counters that are counted up, mirrored from messages, and rung."""
