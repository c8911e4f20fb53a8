"""Which timeline something is on, found from the thing that a surface names (accounts.timeline)."""

from accounts.timeline import act_on as act
from accounts.timeline import now_of as now

__all__ = ["act", "now"]
