"""Example programs outside the services: a city's people and its 29 units, all through the public doors."""
