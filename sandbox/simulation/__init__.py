"""A whole portfolio on one test clock: made from a seed, run through the real engine, measured and shown.

The same seed, mix and size give the same report, byte for byte: names, amounts, reactions, moments and wordings hang on
what the seed says and never on our own ids or the wall clock.
"""

from sandbox.simulation.portfolio import Order
from sandbox.simulation.run import Finished, Stopped, simulate

__all__ = ["Finished", "Order", "Stopped", "simulate"]
