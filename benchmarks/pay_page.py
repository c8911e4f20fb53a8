"""How long the payment page of a debtor with twelve open invoices takes, asked at a steady rate (open loop).

    python -m benchmarks.pay_page http://127.0.0.1:8000/pay/inv-… [--rate 20] [--seconds 30]

Requests leave when they are due, whatever became of those before: what waits in a queue counts. Prints p50, p99 and the
machine as one JSON line; ends with 1 where an answer was not a 200, or p99 is above `--most` milliseconds.
"""

import argparse
import asyncio
import json
import sys
import time

import httpx

from benchmarks import machine


async def ask(client: httpx.AsyncClient, address: str, due: float, started: float) -> tuple[float, int]:
    """(seconds from when it was due, status)."""
    await asyncio.sleep(max(0.0, started + due - time.perf_counter()))
    try:
        status = (await client.get(address)).status_code
    except httpx.HTTPError:
        status = 0
    return time.perf_counter() - started - due, status


async def run(address: str, rate: float, seconds: float) -> list[tuple[float, int]]:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        await client.get(address)
        started = time.perf_counter()
        asked = (ask(client, address, number / rate, started) for number in range(int(rate * seconds)))
        return await asyncio.gather(*asked)


def quantile(sorted_values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    return sorted_values[max(0, -int(-share * len(sorted_values) // 1) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="the whole address of one payment page")
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--most", type=float, default=200, help="p99 in milliseconds")
    given = parser.parse_args()
    found = asyncio.run(run(given.address, given.rate, given.seconds))
    took = sorted(seconds * 1000 for seconds, _ in found)
    refused = sum(status != 200 for _, status in found)
    figures = {
        "requests": len(found),
        "rate": given.rate,
        "not_200": refused,
        "p50_ms": round(quantile(took, 0.5), 1),
        "p99_ms": round(quantile(took, 0.99), 1),
        "machine": machine.describe(),
    }
    print(json.dumps(figures))
    return int(refused > 0 or figures["p99_ms"] > given.most)


if __name__ == "__main__":
    sys.exit(main())
