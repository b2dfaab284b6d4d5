"""The command about claims: can the numbers of a published table go together?"""

import argparse
from pathlib import Path

from har_lib.errors import printable


def audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``har audit``."""
    parser.add_argument(
        "table",
        metavar="TABLE",
        type=Path,
        nargs="?",
        help="another paper's table, YAML as --example shows it (default: this paper's own claims, "
        "under every reading)",
    )
    parser.add_argument("--example", action="store_true", help="print an example of TABLE and stop")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers there as well")


def audit(arguments: argparse.Namespace) -> None:
    """Audit the paper, or a table."""
    from har_lib import audit, audit_readings, audit_report, files

    if arguments.example:
        print(audit.EXAMPLE, end="")
        return
    if arguments.table is None:
        claimed = audit_readings.claim()
        print(audit_report.text(claimed))
        found: object = audit_report.summary(claimed) if arguments.json else None
    else:
        table = audit.read(arguments.table)
        checks = audit.audit(table)
        print("\n".join(map(printable, filter(None, [table.title, table.source, audit.ASSUMED]))))
        for method in table.rows:
            own = [check for check in checks if check.method == method]
            print(f"\n{printable(method)}")
            for check in own:
                average = "whatever the average" if check.averaging == "any" else check.averaging
                print(f"  {check.verdict:<10}  {average}: {check.question}: {check.why}")
            told = (f"{name} {audit.verdict(own, name)}" for name in audit.AVERAGING)
            print(f"  all in all, by average: {', '.join(told)}")
        found = [vars(check) for check in checks]
    if arguments.json:
        files.write_json(arguments.json, found)
        print(f"written to {arguments.json}")
