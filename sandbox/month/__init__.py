"""A month in the life of a creditor: what `manage.py demo` makes, so that every page of the dashboard has something to
show.

It is played by the product itself, through its own API, on a test clock that stood a month back; then its rows are
moved to the wall (docs/decisions/0018-the-demo-is-played-on-a-clock.md), where a running product carries them on.
"""

from sandbox.month.making import Made, NotMadeError, make
from sandbox.month.wall import NotLandedError, erase, finished, standing

__all__ = ["Made", "NotLandedError", "NotMadeError", "erase", "finished", "make", "standing"]
