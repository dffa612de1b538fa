"""Mutation of what mutmut leaves alone: tables."""
