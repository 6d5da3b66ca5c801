#include "bench/run.h"

void run_fail(struct run *run, const struct failure *failure, bool fatal)
{
    (void)pthread_mutex_lock(&run->lock);
    if (!run->failure.happened) {
        run->failure = *failure;
    }
    (void)pthread_mutex_unlock(&run->lock);
    if (fatal) {
        atomic_store(&run->cut, true);
    }
}
