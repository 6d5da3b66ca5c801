/*
 * service.h - what is served: listeners with their certificates and sockets.
 *
 * Made once from a configuration, never changed afterwards, shared by all threads; inherited by
 * worker processes.
 */
#ifndef SECHO_SERVICE_H
#define SECHO_SERVICE_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "base/attributes.h"
#include "config/config.h"
#include "net/address.h"
#include "net/prefix.h"
#include "tls/ratchet.h"
#include "tls/replay.h"

struct counters_shared;

struct listener {
    const struct config_listener *config;
    SSL_CTX *context;       /* owned; NULL on a plain listener */
    struct prefix *senders; /* owned: who may send a PROXY header; NULL where none is expected */
    size_t sender_count;
    struct address address; /* with the real port once it is bound */
    int *slots;             /* owned: one listening descriptor for each slot, or -1 */
    size_t row;             /* of the counters: tally.h */
    bool lent; /* they are all of one socket, which is not ours to stop: who waits there waits for
                  whoever serves next */
};

struct service {
    const struct secho_config *config; /* must outlive the service */
    struct listener *listeners;
    size_t listener_count;
    size_t slot_count;       /* of each listener: one for each thread of all workers */
    struct ratchet *ratchet; /* owned: ticket keys of listeners that have no file of them */
};

/*
 * service_load - read every certificate and key, make every context. Binds nothing. Faulty
 * listeners are left out.
 *
 *   slots            sockets for each listener: one for each thread of all workers
 *   report, context  called for each problem, with one line for people
 *
 * Returns 0, or -1 when there was a problem; service_done() is needed in both cases.
 */
MUST_CHECK int service_load(struct service *service, const struct secho_config *config,
                            size_t slots, secho_problem_fn *report, void *context);

/*
 * Where early data that is sent again is noticed: replay.h. Before anybody is served; without it no
 * early data is taken. `window` must outlive the service.
 */
void service_watch_replays(const struct service *service, struct replay *window);

/*
 * Where what happens at each listener is counted; before anybody is served. `shared` is told the
 * names of all listeners.
 */
void service_count(const struct service *service, struct counters_shared *shared);

/*
 * What can be served, but most likely is not meant.
 *
 *   pointer  the JSON pointer of the setting
 *   why      what it is, and what to do
 */
typedef void service_warning_fn(void *context, const struct listener *listener, const char *pointer,
                                const char *why);

/*
 * Reads the certificates of a service that was loaded once more: are they expired, or for later?
 * And is there a key_log?
 */
void service_warn(const struct service *service, service_warning_fn *warn, void *context);

/*
 * service_bind - bind and listen on every slot that has no descriptor yet; open the key logs.
 *
 * Slots whose descriptors were put in place before (adopted from an earlier life) are kept.
 * Fails with SECHO_ERR_SYSTEM, or SECHO_ERR_FILE for a key log.
 */
MUST_CHECK int service_bind(struct service *service, struct secho_error *err);

/*
 * The queues of sockets that were adopted become as long as this configuration wants: when it
 * serves, since a reload that fails changes nothing. A lent one stays as its owner has made it.
 */
void service_size_queues(const struct service *service);

/*
 * No new connections on slot k of any listener, in any process that has its sockets; but a lent one
 * takes them for whoever serves next.
 */
void service_refuse(const struct service *service, size_t slot);

void service_done(struct service *service);

#endif
