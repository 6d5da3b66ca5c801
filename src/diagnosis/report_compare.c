/* report_compare.c - one TLS session, or two? */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis/report.h"

/* ---- words ---- */

static const struct {
    const char *name, *words;
} verdicts[] = {
    [REPORT_END_TO_END] =
        {"end_to_end", "One TLS session end to end: both ends have derived the same secret from "
                       "it, which nobody in between has."},
    [REPORT_TERMINATED] = {"terminated",
                           "Something between us terminates TLS: the server's session is not ours. "
                           "Who presented the certificate above to us can read everything."},
    [REPORT_ECHOED] =
        {"terminated",
         "Something between us terminates TLS: it agreed to a report, but the far end "
         "was not told and echoed our question. Who presented the certificate above "
         "to us can read everything."},
    [REPORT_NONE] = {"no_report", "No report: the far end is not secho, its report is switched off "
                                  "(\"report\": false), or TLS ends between us."},
    [REPORT_UNKNOWN] = {"unknown",
                        "It cannot be told whether this is one TLS session: TLS 1.2 without "
                        "extended master secret has no proof of it. Try --tls 1.3."},
};

const char *report_verdict_name(enum report_verdict verdict)
{
    return verdicts[verdict].name;
}

const char *report_verdict_words(enum report_verdict verdict)
{
    return verdicts[verdict].words;
}

/* ---- notes ---- */

void report_note(struct report_finding *out, const char *fmt, ...)
{
    va_list ap;

    if (out->note_count < REPORT_NOTES_MAX) {
        va_start(ap, fmt);
        (void)vsnprintf(out->notes[out->note_count++], REPORT_NOTE_SIZE, fmt, ap);
        va_end(ap);
    }
}

/* Notes a difference between what both know. True when there is one. */
static bool differ(struct report_finding *out, const char *what, const char *here,
                   const char *there)
{
    if (here[0] == '\0' || there[0] == '\0' || strcmp(here, there) == 0) {
        return false;
    }
    report_note(out, "the %s differs: %s here, %s there", what, here, there);
    return true;
}

/* ---- facts of TLS: each difference proves two sessions ---- */

static const char *yes_or_no(bool is)
{
    return is ? "yes" : "no";
}

static bool certificates_differ(struct report_finding *out, const struct view_chain *here,
                                const struct view_chain *there)
{
    const struct view_certificate *ours = &here->items[0], *theirs = &there->items[0];

    if (here->count == 0 || there->count == 0 || ours->spki_sha256[0] == '\0' ||
        theirs->spki_sha256[0] == '\0' || strcmp(ours->spki_sha256, theirs->spki_sha256) == 0) {
        return false;
    }
    report_note(out,
                "the server's certificate differs: we were shown '%s' by '%s', it has '%s' by '%s'",
                ours->subject, ours->issuer, theirs->subject, theirs->issuer);
    return true;
}

static bool sessions_differ(struct report_finding *out, const struct view *here,
                            const struct view *there)
{
    bool differs = differ(out, "version", here->version, there->version);

    differs |= differ(out, "suite", here->suite, there->suite);
    differs |= differ(out, "key exchange group", here->group, there->group);
    differs |= differ(out, "server name (SNI)", here->sni, there->sni);
    differs |= differ(out, "extended master secret", yes_or_no(here->extended_master_secret),
                      yes_or_no(there->extended_master_secret));
    differs |= differ(out, "resumed session", yes_or_no(here->resumed), yes_or_no(there->resumed));
    differs |= differ(out, "HelloRetryRequest", yes_or_no(here->hello_retry),
                      yes_or_no(there->hello_retry));
    differs |= certificates_differ(out, &here->server, &there->server);
    return differs;
}

/* ---- facts of the path: worth knowing, and no proof of anything ---- */

static void compare_paths(struct report_finding *out, const struct report_view *here,
                          const struct report_view *there)
{
    if (there->via[0] != '\0') {
        report_note(out,
                    "a proxy at %s passes the connection on and tells (PROXY header, version %d) "
                    "that we are %s",
                    there->via, there->proxy.version, there->peer);
    }
    if (here->local[0] != '\0' && there->peer[0] != '\0' && strcmp(here->local, there->peer) != 0) {
        report_note(out,
                    "the server sees us as %s, we are %s: something on the way changes addresses "
                    "(NAT, a tunnel or a proxy)",
                    there->peer, here->local);
    }
    if (there->proxy.tls) {
        report_note(out, "the proxy says that it took TLS off: %s %s", there->proxy.tls_version,
                    there->proxy.tls_suite);
    }
}

void report_compare(const struct report_view *here, const struct report_view *there,
                    struct report_finding *out)
{
    const char *ours = here->tls.exporter, *theirs = there->tls.exporter;
    bool both = ours[0] != '\0' && theirs[0] != '\0';
    bool equal = both && strcmp(ours, theirs) == 0;

    *out = (struct report_finding){0};
    bool differs = !equal && sessions_differ(out, &here->tls, &there->tls);

    out->verdict = equal ? REPORT_END_TO_END : both || differs ? REPORT_TERMINATED : REPORT_UNKNOWN;
    compare_paths(out, here, there);
}
