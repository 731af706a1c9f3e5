"""Command line: python -m retailer_generator OUT_DIR --scale 1 --until 2026-09-30 --split month."""

import argparse
from datetime import date
from pathlib import Path

from retailer_generator import clock
from retailer_generator.build import ERP_FORMS, SPLITS, generate


def main() -> None:
    parser = argparse.ArgumentParser(prog="retailer_generator", description=__doc__)
    parser.add_argument("out", type=Path, help="company folder; extracts/ is written below it")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--until", type=date.fromisoformat, default=clock.END)
    parser.add_argument("--split", choices=SPLITS, default="month")
    parser.add_argument("--erp", choices=ERP_FORMS, default="dump")
    args = parser.parse_args()
    truth = generate(args.out, args.scale, args.until, args.split, args.erp)
    for table, entry in truth["tables"].items():
        print(f"{table:28} {entry['rows']:>10,} rows  {entry['mess']}")


if __name__ == "__main__":
    main()
