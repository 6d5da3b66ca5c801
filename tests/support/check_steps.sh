#!/usr/bin/env bash
# shellcheck disable=SC2317,SC2329 # says is called by step and counted
# check_steps.sh - a run of tests that takes a failure for a skip is no run: what steps.sh counts.
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." || exit 71
wrong=0

# says STATUS [LINE]: a command that prints a line and ends with this status
says() {
    echo "it begins"
    [ $# -lt 2 ] || echo "$2"
    return "$1"
}

# counts EXPECTED KIND STATUS [LINE]: what a run of one such command prints as its last line
counts() {
    local expected=$1 kind=$2 got

    shift 2
    got=$(
        # shellcheck source=scripts/lib/steps.sh
        source scripts/lib/steps.sh
        log_dir=$(mktemp -d)
        trap 'rm -r "$log_dir"' EXIT
        "$kind" "a step" says "$@"
        finish
    )
    if [ "$(tail -n 1 <<<"$got")" = "$expected" ]; then
        printf 'ok: %s %s -> %s\n' "$kind" "$*" "$expected"
    else
        printf 'WRONG: %s %s -> %s\n' "$kind" "$*" "$(tail -n 1 <<<"$got")"
        wrong=1
    fi
}

counts "1 passed, 0 failed, 0 skipped" step 0
counts "0 passed, 1 failed, 0 skipped" step 1
counts "0 passed, 0 failed, 1 skipped" step 77 "skipped: there is no compiler"
counts "0 passed, 1 failed, 0 skipped" step 1 "skipped: and failed all the same"
counts "0 passed, 1 failed, 0 skipped" step 77
counts "0 passed, 1 failed, 0 skipped" step 77 "SUMMARY: libFuzzer: deadly signal"
counts "3 passed, 0 failed, 2 skipped" counted 0 "3 passed, 0 failed, 2 skipped"
counts "3 passed, 1 failed, 2 skipped" counted 1 "3 passed, 1 failed, 2 skipped"
counts "0 passed, 1 failed, 0 skipped" counted 1 "3 passed, 0 failed, 2 skipped"
counts "0 passed, 1 failed, 0 skipped" counted 0 "no line of counts"
counts "0 passed, 0 failed, 1 skipped" counted 77 "skipped: there is no mirror"
counts "0 passed, 1 failed, 0 skipped" counted 77 "killed"
exit $wrong
