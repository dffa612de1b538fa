"""The language that the services share: facts, unit messages, codes, roles, wire format."""
