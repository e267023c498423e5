"""All seven pools side by side on one workload; needs the workbook's lab beside the patterns."""

import importlib

if __name__ == "__main__":
    raise SystemExit(importlib.import_module("lab.command").side_by_side())
