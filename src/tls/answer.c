#include "tls/answer.h"

#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* ---- who has signed it ---- */

static X509 *issuer_of(X509 *leaf, STACK_OF(X509) * issuers)
{
    for (int i = 0; i < sk_X509_num(issuers); i++) {
        if (X509_check_issued(sk_X509_value(issuers, i), leaf) == X509_V_OK) {
            return sk_X509_value(issuers, i);
        }
    }
    return X509_check_issued(leaf, leaf) == X509_V_OK ? leaf : NULL;
}

static bool is_signed(OCSP_BASICRESP *basic, X509 *issuer, STACK_OF(X509) * issuers, time_t when)
{
    X509_STORE *store = X509_STORE_new();
    bool right = false;

    if (store != NULL && X509_STORE_add_cert(store, issuer) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

        /* An answer that is outdated was signed by somebody who may be, too. */
        X509_VERIFY_PARAM_set_time(param, when);
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
        right = OCSP_basic_verify(basic, issuers, store, 0) == 1;
    }
    X509_STORE_free(store);
    return right;
}

/* ---- what it says ---- */

/* The part of it that is about `leaf`, or NULL. */
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer)
{
    OCSP_SINGLERESP *found = NULL;

    for (int i = 0; i < OCSP_resp_count(basic) && found == NULL; i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single);
        ASN1_OBJECT *digest = NULL;

        (void)OCSP_id_get0_info(NULL, &digest, NULL, NULL, id);
        OCSP_CERTID *ours = OCSP_cert_to_id(EVP_get_digestbyobj(digest), leaf, issuer);

        if (ours != NULL && OCSP_id_cmp(ours, id) == 0) {
            found = single;
        }
        OCSP_CERTID_free(ours);
    }
    return found;
}

#define FAR_AWAY ((time_t)INT32_MAX * 4) /* in the year 2242 */

static time_t seconds_of(const ASN1_GENERALIZEDTIME *time, time_t otherwise)
{
    struct tm utc = {0};

    return time != NULL && ASN1_TIME_to_tm(time, &utc) == 1 ? timegm(&utc) : otherwise;
}

static void read_single(OCSP_SINGLERESP *single, struct answer *out)
{
    ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
    int status = OCSP_single_get0_status(single, NULL, NULL, &from, &until);

    out->status = status == V_OCSP_CERTSTATUS_GOOD      ? ANSWER_GOOD
                  : status == V_OCSP_CERTSTATUS_REVOKED ? ANSWER_REVOKED
                                                        : ANSWER_UNKNOWN;
    out->from = seconds_of(from, 0);
    out->until = seconds_of(until, FAR_AWAY);
}

static int read_basic(OCSP_BASICRESP *basic, X509 *leaf, STACK_OF(X509) * issuers,
                      struct answer *out, struct secho_error *err)
{
    X509 *issuer = issuer_of(leaf, issuers);
    OCSP_SINGLERESP *single = issuer != NULL ? find_single(basic, leaf, issuer) : NULL;
    struct answer answer;

    if (issuer == NULL) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "the issuer of the certificate is needed to check the response, and does "
                         "not stand behind it; add it to the chain");
    }
    if (single == NULL) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "the response is about another certificate; get the one for this");
    }
    read_single(single, &answer);
    if (!is_signed(basic, issuer, issuers, answer.from)) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "the response is not signed by the issuer of the certificate, nor by "
                         "whom that has named; get it from the responder of that CA");
    }
    *out = answer;
    return 0;
}

int answer_read(const struct answer_question *question, struct answer *out, struct secho_error *err)
{
    const unsigned char *at = question->der;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)question->len);
    OCSP_BASICRESP *basic = NULL;
    int rc = -1;

    if (response == NULL) {
        error_set(err, SECHO_ERR_CONFIG, "it is no OCSP response in DER form");
    } else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        error_set(err, SECHO_ERR_CONFIG, "the responder gave no answer but \"%s\"; ask it again",
                  OCSP_response_status_str(OCSP_response_status(response)));
    } else if ((basic = OCSP_response_get1_basic(response)) == NULL) {
        error_set(err, SECHO_ERR_CONFIG, "the response is of a kind that nobody knows");
    } else {
        rc = read_basic(basic, question->leaf, question->issuers, out, err);
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    error_forget_tls();
    return rc;
}

/* ---- when it is true ---- */

bool answer_is_current(const struct answer *answer)
{
    time_t now = time(NULL);

    return now >= answer->from && now <= answer->until;
}

void answer_describe(const struct answer *answer, char *text, size_t size)
{
    static const char *const words[] = {"good", "revoked", "unknown to its CA"};
    time_t now = time(NULL);
    bool early = now<answer->from, late = now> answer->until;
    time_t shown = early ? answer->from : answer->until;
    struct tm utc;
    char when[32] = "";

    if (gmtime_r(&shown, &utc) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    if (early || late) {
        (void)snprintf(text, size, "%s %s", early ? "not valid before" : "outdated since", when);
    } else if (answer->until == FAR_AWAY) {
        (void)snprintf(text, size, "%s", words[answer->status]);
    } else {
        (void)snprintf(text, size, "%s until %s", words[answer->status], when);
    }
}
