"""The law: facts in, decisions out.

Plain Python. Nothing here reads a clock, a setting, a database or a network; the only files read are this
folder's own tables in ``data/`` and the time-zone tables, once, at import. Nothing here is legal advice.

Read in this order: ``facts`` (what a decision may look at), ``rules`` (one function per rule),
``gate`` (how the verdicts become one decision), ``guards`` (what a drafted message may not say).
``zones`` and ``hours`` carry rule R-01: whose clocks count, and when their windows open.
"""
