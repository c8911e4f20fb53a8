"""A simulated portfolio, and the checker on what came of it.

    python -m benchmarks.simulated --debtors 500 --months 12 --seed 7 --mix default

Takes what `manage.py simulate` takes. Ends with 1 if the law was violated, or anything stands still unnoticed.
"""

import io
import os
import re
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")

_KEPT = re.compile(r"organisation (org_\w+), clock (clk_\w+)")


def main(arguments: list[str]) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    said = _Both()
    call_command("simulate", *arguments, stdout=said)
    kept = _KEPT.search(said.getvalue())
    return _checked(*kept.groups()) if kept else 0  # erased: nothing is left to be read


def _checked(organisation_id: str, clock_id: str) -> int:
    from accounts import timeline
    from benchmarks.checker import load, run
    from benchmarks.checker.show import text
    from outreach.queries.stuck import stuck

    story = load(organisation_id, clock_id)
    result, still = run(story), stuck(at=timeline.now(clock_id), clock_id=clock_id)
    print(text(story, result))
    for one in still:
        print(f"stuck: {one.what} {one.id} {one.words}")
    return 1 if result.violations or still else 0


class _Both(io.StringIO):
    """Shown, and kept."""

    def write(self, text: str) -> int:
        sys.stdout.write(text)
        return super().write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
