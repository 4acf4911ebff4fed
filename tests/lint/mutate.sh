#!/bin/sh
# Disable statements that cite a requirement; a test of that ID must notice.
# usage: tests/lint/mutate.sh [N] [SEED | ID…]      (an ID may end in -: a section)
exec tests/conformance/mutate.py "$@"
