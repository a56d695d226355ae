"""Ask pip-audit for known vulnerabilities of the packages in constraints.txt, and say plainly
what it answered: it also exits with 0 if it could ask about no package at all."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def judge(report: dict[str, Any]) -> tuple[str, int]:
    """The words and the exit status for pip-audit's report: 0 none known, 1 some, 2 not asked."""
    packages = report["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    known = [
        f"{package['name']} {package['version']}: {each['id']}, "
        f"corrected in {', '.join(each['fix_versions']) or 'no version yet'}"
        for package in packages
        for each in package.get("vulns", ())
    ]
    if known:
        return "\n".join(known), 1
    asked = len(packages) - len(skipped)
    if not asked:
        return "not audited: the package index answers none of the questions from here", 2
    missing = f"; not audited: {', '.join(each['name'] for each in skipped)}" if skipped else ""
    return f"{asked} of {len(packages)} packages asked about: no known vulnerability{missing}", 0


def main() -> int:
    """Run pip-audit. A network that does not allow it is no failure of the check."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format=json"]
    command += ["--progress-spinner=off", "--requirement", str(ROOT / "constraints.txt")]
    asked = subprocess.run(command, capture_output=True, text=True)
    try:
        words, status = judge(json.loads(asked.stdout))
    except ValueError:
        last = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        words, status = f"not audited: {last}", 2
    print(words)
    return 1 if status == 1 else 0


if __name__ == "__main__":
    raise SystemExit(main())
