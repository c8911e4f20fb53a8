"""What the law lists by state, written down apart from the engine's own tables. Not legal advice.

940 CMR 7.04(1)(f) (Massachusetts); 6 RCNY 5-77(b)(1)(iv) (New York City, kept for the state); RCW 19.16.250(13)
(Washington); D.C. Code 28-3814. Wis. Stat. 893.05 and Miss. Code 15-1-3 end the debt itself with its time.
"""

DEFAULT_CALLS, DAYS = 3, 7
CALLS = {"MA": 2, "NY": 2, "WA": 3, "DC": 3}
# Years after which a plain invoice is owed no more.
EXTINGUISHED = {"WI": 6, "MS": 3}
# States whose acts reach who collects commercial debts for others.
LICENSED = frozenset("AK AR AZ FL ID IL MN NC ND NV OR PR TN WA WV".split())
FINANCE = (
    *("accounts payable", "ap", "payable", "payables", "invoicing", "billing", "bookkeeper", "bookkeeping"),
    *("finance", "financial", "controller", "comptroller", "accounting", "accountant", "treasurer", "treasury"),
    *("accounts", "chief", "cfo", "ceo", "coo", "president", "owner", "founder", "cofounder", "partner", "principal"),
    *("proprietor", "director", "vp", "managing"),
)
