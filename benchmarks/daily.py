"""How long day pages and trends take over HTTP: python -m benchmarks.daily HOME

Starts `broadsheet up` on a home that is filled already, asks for the issues of random days, each
once (nothing of it is remembered) and once again, and for trends; one request at a time.
"""

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import quantiles

import httpx

DAYS = 200


def measure(client: httpx.Client, paths: Sequence[str]) -> str:
    took = []
    for path in paths:
        began = time.perf_counter()
        client.get(path).raise_for_status()
        took.append(1000 * (time.perf_counter() - began))
    cuts = quantiles(took, n=20)
    return f"p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms, most {max(took):.1f} ms ({len(took)})"


def main() -> None:
    home = sys.argv[1]
    command = [sys.executable, "-m", "broadsheet", "--home", home, "up", "--port", "8799"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        while "http://" not in server.stdout.readline():
            pass
        with httpx.Client(base_url="http://127.0.0.1:8799", timeout=60) as client:
            run(client)
        server.terminate()


def run(client: httpx.Client) -> None:
    client.get("/")
    draw = random.Random(1)
    links = []
    for year in range(2015, 2027):
        page = client.get(f"/calendar?year={year}").text
        links += [
            part.split('"')[0] for part in page.split('href="')[1:] if "/papers/date/" in part[:14]
        ]
    days = draw.sample(sorted(set(links) - {"/papers/date/today"}), DAYS)
    print("day, first time:", measure(client, days))
    print("day, again:", measure(client, days[-60:] * 2))
    print("day, headlines:", measure(client, [f"{day}?view=headlines" for day in days[-60:]]))
    for window in ("day", "week", "month"):
        first = measure(client, [f"/papers/trending?window={window}"] * 2)
        print(f"trending, {window}, first: {first}")
        print(f"trending, {window}:", measure(client, [f"/papers/trending?window={window}"] * 50))
    months = [f"/papers/month/{day[13:20]}" for day in days[:30]]
    print("month, first time:", measure(client, sorted(set(months))))


if __name__ == "__main__":
    main()
