/* A team of threads that stays: each run of a program is carried out by all of them, and they wait for one another
   where one needs what another has written. The thread that calls is number 0. */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 64
#define SPINS 20000 /* looks at a flag before the core is given away: about 20 microseconds */

typedef int64_t (*work_t)(void *const *at, long id, long threads);

static struct {
    work_t work;
    void *const *at;
    long threads;         /* that take part in this run, the calling one among them */
    atomic_long run;      /* number of the run; those that wait see it change */
    atomic_long finished; /* of the others, in this run */
    atomic_long arrived, phase;
    long started;         /* threads that there are besides the first */
    pid_t process;        /* in which they were started: after a fork there are none */
    pthread_mutex_t asleep;
    pthread_cond_t awake;
} team = {.asleep = PTHREAD_MUTEX_INITIALIZER, .awake = PTHREAD_COND_INITIALIZER};

static void pause_(long spins) {
    if (spins > SPINS) sched_yield();
}

/* Wait until all threads of the run are here. */
void team_barrier(void) {
    const long phase = atomic_load(&team.phase);
    if (atomic_fetch_add(&team.arrived, 1) + 1 == team.threads) {
        atomic_store(&team.arrived, 0);
        atomic_store(&team.phase, phase + 1);
        return;
    }
    for (long spins = 0; atomic_load(&team.phase) == phase; spins++) pause_(spins);
}

static void *member(void *number) {
    const long id = (long)(intptr_t)number;
    long seen = atomic_load(&team.run);
    atomic_fetch_add(&team.finished, 1);
    for (;;) {
        for (long spins = 0; atomic_load(&team.run) == seen && spins < SPINS; spins++) {}
        if (atomic_load(&team.run) == seen) {
            pthread_mutex_lock(&team.asleep);
            while (atomic_load(&team.run) == seen) pthread_cond_wait(&team.awake, &team.asleep);
            pthread_mutex_unlock(&team.asleep);
        }
        seen = atomic_load(&team.run);
        if (id < team.threads) team.work(team.at, id, team.threads);
        atomic_fetch_add(&team.finished, 1);
    }
    return NULL;
}

/* Carry out work by so many threads; gives what it gave in the first. */
int64_t team_run(work_t work, void *const *at, long threads) {
    if (threads <= 1) {
        team.threads = 1;
        return work(at, 0, 1);
    }
    if (threads > MOST) threads = MOST;
    if (team.process != getpid()) {
        team.process = getpid();
        team.started = 0;
    }
    while (team.started < threads - 1) {
        pthread_t thread;
        atomic_store(&team.finished, 0);
        if (pthread_create(&thread, NULL, member, (void *)(intptr_t)(team.started + 1))) {
            threads = team.started + 1;
            break;
        }
        pthread_detach(thread);
        while (!atomic_load(&team.finished)) sched_yield();
        team.started++;
    }
    team.work = work;
    team.at = at;
    team.threads = threads;
    atomic_store(&team.finished, 0);
    atomic_store(&team.arrived, 0);
    pthread_mutex_lock(&team.asleep);
    atomic_fetch_add(&team.run, 1);
    pthread_cond_broadcast(&team.awake);
    pthread_mutex_unlock(&team.asleep);
    const int64_t result = work(at, 0, threads);
    for (long spins = 0; atomic_load(&team.finished) < team.started; spins++) pause_(spins);
    return result;
}
