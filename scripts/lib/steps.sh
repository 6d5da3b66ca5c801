# shellcheck shell=bash
# steps.sh - runs one step after the other, keeps its log, counts what passed. To be sourced.
#
# A step that fails does not end the run: all failures are seen in one go.

passed=0
failed=0
skipped=0
failures=()
log_dir=

# step NAME COMMAND...: one check. It counts as one; exit status 77 is a skip when the last line is
# "skipped: WHY". Without that it is a failure: libFuzzer ends with 77, too, when it has found a bug.
step() {
    local name=$1 log=$log_dir/${1// /-}.log started=$SECONDS status=0 why

    shift
    printf '%-34s' "$name"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    why=$(why_skipped $status "$log") && status=skipped
    case $status in
    0) passed=$((passed + 1)) && printf 'ok       %4d s\n' $((SECONDS - started)) ;;
    skipped) skipped=$((skipped + 1)) && status=0 && printf 'skipped         %s\n' "$why" ;;
    *) fail "$name" "$log" $((SECONDS - started)) ;;
    esac
    return "$status"
}

# why_skipped STATUS LOG: prints why, and is true, when a command says of itself that it was skipped.
why_skipped() {
    [ "$1" -eq 77 ] && tail -n 1 "$2" | sed -nE '/^skipped: /!q1; s/^skipped: //p'
}

fail() {
    failed=$((failed + 1))
    failures+=("$1 (see $2)")
    printf 'FAILED   %4d s\n' "$3"
    show "$2"
}

# The part of a log that says what went wrong: its last lines, without what went well.
show() {
    printf -- '---- %s\n' "$1"
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Creating)' "$1" | tail -n "${LOG_LINES:-60}"
    printf -- '----\n'
}

# tests NAME COMMAND...: a ctest run; the command gets options of ctest after its own. Each test
# counts, also each one inside of a program that tells its counts.
tests() {
    local name=$1 log=$log_dir/${1// /-}.log xml=$PWD/$log_dir/${1// /-}.xml started=$SECONDS status=0
    local ok=0 bad=0 left=0 reasons=

    shift
    printf '%-34s' "$name"
    rm -f "$xml"
    "$@" --output-junit "$xml" --test-output-size-passed 1000000 --test-output-size-failed 1000000 \
        >"$log" 2>&1 </dev/null || status=$?
    if [ -f "$xml" ]; then
        { read -r ok bad left && reasons=$(cat); } < <(scripts/lib/count-tests "$xml")
    fi
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1 # ctest itself failed, or found no test
    fi
    report "$name" "$log" $((SECONDS - started)) "$ok" "$bad" "$left" || status=1
    if [ "$bad" -ne 0 ] && [ -f "$xml" ]; then
        scripts/lib/count-tests --failures "$xml"
    fi
    [ -z "$reasons" ] || printf '    skipped: %s\n' "${reasons//$'\n'/$'\n    skipped: '}"
    return "$((status != 0))"
}

# counted NAME COMMAND...: a run that ends with a line of counts as ours; they are added to ours.
counted() {
    local name=$1 log=$log_dir/${1// /-}.log started=$SECONDS status=0 ok bad left why

    shift
    printf '%-34s' "$name"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    read -r ok bad left < <(tail -n 1 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p')
    if why=$(why_skipped "$status" "$log"); then
        skipped=$((skipped + 1)) && printf 'skipped         %s\n' "$why"
        return 0
    fi
    if [ -z "${left-}" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
        ok=0 bad=1 left=0
    fi
    report "$name" "$log" $((SECONDS - started)) "$ok" "$bad" "$left"
}

# Adds to the counts and says so.
report() {
    local name=$1 log=$2 seconds=$3 ok=$4 bad=$5 left=$6 word=ok

    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    [ "$bad" -eq 0 ] || word=FAILED
    printf '%-8s %4d s   %d passed, %d failed, %d skipped\n' $word "$seconds" "$ok" "$bad" "$left"
    if [ "$bad" -ne 0 ]; then
        failures+=("$name: $bad (see $log)")
        show "$log"
        return 1
    fi
}

# not_run NAME WHY: a step that could not begin because an earlier one failed.
not_run() {
    printf '%-34s%s\n' "$1" "not run: $2"
}

# The last line of a run; exits.
finish() {
    local failure

    for failure in ${failures[@]+"${failures[@]}"}; do
        printf 'FAILED: %s\n' "$failure"
    done
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    exit $((failed != 0))
}
