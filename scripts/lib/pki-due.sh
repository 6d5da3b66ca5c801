# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/pki gives the names
# pki-due.sh - what of a set of certificates is missing, broken or too old. To be sourced by scripts/pki,
# which is in the folder of the set by then; the names and $days, $now and $pqc are that script's.

# Prints the names whose chain up to the root holds. Arguments: options of verify, --, names.
holding() {
    local options=() name

    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    for name in "$@"; do
        printf '%s.pem\n' "$name"
    done | xargs openssl verify -no-CApath -no-CAstore "${options[@]}" 2>/dev/null | sed -n 's/\.pem: OK$//p'
}

# Is every file as it was when the set was made and checked? Then only time can have spoiled it.
is_unchanged() {
    [ -f .pki.sums ] && sha256sum --check --status --strict .pki.sums 2>/dev/null
}

# Has the pair the same key on both sides? That of bad/mismatched must be there and differ.
pair_is_right() {
    local of_certificate of_key

    if [ "$unchanged" = yes ]; then
        return 0
    fi
    of_certificate=$(openssl x509 -in "$1.pem" -noout -pubkey 2>/dev/null) || return 1
    of_key=$(openssl pkey -in "$1.key" -pubout 2>/dev/null) || return 1
    if [ "$1" = bad/mismatched ]; then
        [ "$of_certificate" != "$of_key" ]
    else
        [ "$of_certificate" = "$of_key" ]
    fi
}

crl_is_good() {
    local chain=(-CAfile root.pem -untrusted intermediate.pem -crl_check_all -CRLfile crl.pem) words name

    [ "$(holding "${chain[@]}" -attime "$1" -- client)" = client ] || return 1
    for name in client-revoked bad/revoked; do
        words=$(openssl verify "${chain[@]}" $name.pem 2>&1) || true
        [[ $words == *"certificate revoked"* ]] || return 1
    done
}

# The response must say "revoked", be signed by the intermediate, and be true until $1.
ocsp_is_good() {
    local words

    words=$(openssl ocsp -respin bad/revoked.ocsp -issuer intermediate.pem -cert bad/revoked.pem \
        -CAfile root.pem -verify_other intermediate.pem -no_nonce 2>&1) || return 1
    [[ $words == *"Response verify OK"* && $words == *"bad/revoked.pem: revoked"* ]] || return 1
    words=$(sed -n 's/.*Next Update: //p' <<<"$words")
    [ "$(date -d "$words" +%s)" -ge "$1" ]
}

# Prints what has to be made in this folder. $1: seconds since 1970 at which it must still be valid.
what_is_due() {
    local root=(-CAfile root.pem -attime "$1") chain=(-CAfile root.pem -untrusted intermediate.pem)
    local name good due=() unchanged=no

    ! is_unchanged || unchanged=yes
    if [ "$(holding "${root[@]}" -- root)" != root ] || ! pair_is_right root; then
        echo "${everything[@]}"
        return
    fi
    cmp -s root.pem ca.pem || due+=(ca)
    if [ "$(holding "${root[@]}" -- intermediate)" != intermediate ] || ! pair_is_right intermediate; then
        echo "${due[@]}" "${below_root[@]}"
        return
    fi
    good=" $(
        {
            holding "${chain[@]}" -attime "$1" -- "${servers[@]}" "${clients[@]}" "${bad_others[@]}"
            holding "${chain[@]}" -no_check_time -- "${bad_dates[@]}"
            holding -CAfile bad/self-signed.pem -attime "$1" -- bad/self-signed
        } | tr '\n' ' '
    )"
    for name in "${leaves[@]}" bad/self-signed; do
        if [[ $good != *" $name "* ]] || ! pair_is_right "$name"; then
            due+=("$name")
        fi
    done
    if is_one_of client-revoked "${due[@]}" || is_one_of bad/revoked "${due[@]}" || ! crl_is_good "$1"; then
        due+=(crl)
    fi
    if is_one_of bad/revoked "${due[@]}" || ! ocsp_is_good "$1"; then
        due+=(ocsp)
    fi
    echo "${due[@]}"
}

# Nothing outlives its issuer: one that is too old for what it has to sign now is due itself.
with_old_issuers() {
    local due=("$@") new_until=$((now + days * day)) intermediate_until=$((now + intermediate_days * day))

    if [ $# -gt 0 ] && [ -z "$(holding -CAfile root.pem -attime $new_until -- intermediate)" ]; then
        due=("${below_root[@]}")
        if is_one_of ca "$@"; then
            due+=(ca)
        fi
    fi
    if is_one_of intermediate "${due[@]}" &&
        [ -z "$(holding -CAfile root.pem -attime $intermediate_until -- root)" ]; then
        due=("${everything[@]}")
    fi
    echo "${due[@]}"
}

# Prints the ML-DSA set when it is asked for and any of it is not right. Its root must outlive what it
# may have to sign now.
pqc_is_due() {
    local ca=(-CAfile root-mldsa65.pem) root_until=$((now + days * day)) good name unchanged=no

    [ "$pqc" = yes ] || return 0
    ! is_unchanged || unchanged=yes
    good=$(holding "${ca[@]}" -attime $root_until -- root-mldsa65; holding "${ca[@]}" -attime "$1" -- "${pqc_leaves[@]}")
    for name in "${pqc_set[@]}"; do
        pair_is_right "$name" || good=
    done
    [ "${good//$'\n'/ }" = "${pqc_set[*]}" ] || echo "${pqc_set[@]}"
}
