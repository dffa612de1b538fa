"""The ways into intake: desks, collectors' phones, gateways, the public page, and other services' facts."""
