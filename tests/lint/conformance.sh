#!/bin/sh
# Every requirement has a test or a reason, every mark names a requirement, and
# docs/CONFORMANCE.md says so.
exec tests/conformance/table.py --check
