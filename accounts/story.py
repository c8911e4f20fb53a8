"""The moment a `/v1` request happens at, in the story of what it names."""

from datetime import datetime
from functools import cached_property

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView

_READING = frozenset({"GET", "HEAD"})


class StoryView(ApiView):
    """A view of something that may be on a test clock: the id is part of the address."""

    @cached_property
    def at(self) -> datetime:
        """Now, where the thing is that the address names: the wall, or its test clock, whose driver is woken when the
        request is not a mere reading. Live rows are on the wall: no statement is made for them."""
        return self.at_of(**self.kwargs)

    def at_of(self, **named: str) -> datetime:
        """The same for something that the body names."""
        if self.principal.livemode:
            return clock.now()
        return (timeline.now_of if self.request.method in _READING else timeline.act_on)(**named)
