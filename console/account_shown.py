"""How a person with an account is shown (账号展示): roles and places by name, and what they may do."""

from typing import Any

from case_contracts.roles import RIGHTS
from console.accounts import Account
from console.names import Names
from console.words import ROLES


def person(account: Account, names: Names) -> dict[str, Any]:
    """The account as its owner and the administrator see it."""
    actions = {action.value for role in account.roles for action in RIGHTS[role]}
    return {
        **vars(account),
        "roles": [role.value for role in account.roles],
        "role_names": [ROLES[role] for role in account.roles],
        "actions": sorted(actions),
        "unit_name": names.responsible_unit(account.responsible_unit) or None,
        "grid_name": names.grid(account.responsibility_grid) or None,
    }
