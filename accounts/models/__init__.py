"""Who calls: organisations, the people in them, and the keys of their machines."""

from accounts.models.keys import ApiKey
from accounts.models.people import Member, Organisation, User, UserManager

__all__ = ["ApiKey", "Member", "Organisation", "User", "UserManager"]
