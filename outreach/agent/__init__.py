"""The agent: a model that writes words without facts, and one that reads replies without powers.

Neither sees the database, another debtor or a tool; every amount and date it hands back is code's own reading of a
quote. Nothing here imports the model's library until a model is configured and asked.
"""

from outreach.agent.interpretation import Interpretation, KnownFacts
from outreach.agent.interpreter import interpret
from outreach.agent.models import Endpoint, endpoint

__all__ = ["Endpoint", "Interpretation", "KnownFacts", "endpoint", "interpret"]
