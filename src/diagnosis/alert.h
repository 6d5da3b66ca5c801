/* alert.h - what each TLS alert (RFC 8446 6.2) means to the one who receives it. Pure. */
#ifndef SECHO_ALERT_H
#define SECHO_ALERT_H

#include "diagnosis/explain.h"

struct alert_words {
    int number;
    enum explain_code at_server; /* the code when a client sent it */
    enum explain_code at_client; /* the code when a server sent it */
    const char *meaning;         /* goes on after "with alert NAME: "; may have {certificate} */
    const char *advice;          /* to a server that received it; NULL: that of the code */
    const char *client_advice;   /* the same to a client */
};

/* Never NULL: an alert that no RFC names has words, too. */
const struct alert_words *alert_words(int number);

#endif
