"""Look for violations of the law in what an organisation, or one of its test clocks, sent, called and decided.

    python -m benchmarks.checker --organisation org_… [--clock clk_…] [--json]

Prints how much each check examined and every violation; ends with 1 if there is any. Reads only.
"""

import argparse
import json
import os
import resource
import sys
import time
from dataclasses import asdict

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organisation", required=True)
    parser.add_argument("--clock", default=None, help="only this test clock")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    import django

    django.setup()
    from benchmarks.checker import load, run
    from benchmarks.checker.show import text

    begun = time.monotonic()
    try:
        story = load(options.organisation, options.clock)
    except LookupError as error:
        raise SystemExit(str(error)) from None
    result = run(story)
    if options.json:
        found = [asdict(one) for one in result.violations]
        json.dump({"examined": result.examined, "violations": found}, sys.stdout, default=str, indent=2)
        print()
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(text(story, result))
        print(f"{time.monotonic() - begun:.1f} s, {peak:.0f} MB at most")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
