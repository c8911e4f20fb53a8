"""The embedded run: one small supervisor (standard library only) over broker, web, worker, sender and beat.

`python -m agentcollect.supervisor` is what `make run` ends in. State stands in `var/`: `lock` (held while
running), `run.json` (address, children by pid and start time), `broker.json`, `log/<name>.log`.
`install.py` is run before all that, by whatever Python the machine has: it makes `.venv`.
"""
