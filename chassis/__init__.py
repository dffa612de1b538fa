"""Plumbing: transactions, messages without loss, doors, metrics, logs. Knows no word of the city."""
