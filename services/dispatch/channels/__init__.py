"""The ways into dispatch: doors, facts of other services, messages of the responsible units, wake-ups."""
