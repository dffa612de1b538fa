"""Benchmarks against a whole running system on this machine; each prints one JSON line last."""
