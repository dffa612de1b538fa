"""Plumbing under every service: transactions, messages, doors, wake-ups, metrics, logs. It knows no word of the city."""
