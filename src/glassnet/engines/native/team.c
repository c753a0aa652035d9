/* A team of threads that stays: each run of a program is carried out by all of them, and they wait for one another
   where one needs what another has written. The thread that calls is number 0. */

#include <stdatomic.h>
#include <stdint.h>

/* What the system calls a thread, a lock, and the signal that those who sleep wait for. */
#ifdef _WIN32
#include <windows.h>
typedef SRWLOCK lock_t;
typedef CONDITION_VARIABLE signal_t;
#define LOCK SRWLOCK_INIT
#define SIGNAL CONDITION_VARIABLE_INIT
#define lock(it) AcquireSRWLockExclusive(it)
#define unlock(it) ReleaseSRWLockExclusive(it)
#define sleep_until(signal, it) SleepConditionVariableSRW(signal, it, INFINITE, 0)
#define wake_all(signal) WakeAllConditionVariable(signal)
#define give_way() SwitchToThread()
typedef DWORD outcome_t;
#define THREAD WINAPI
#else
#include <pthread.h>
#include <sched.h>
typedef pthread_mutex_t lock_t;
typedef pthread_cond_t signal_t;
#define LOCK PTHREAD_MUTEX_INITIALIZER
#define SIGNAL PTHREAD_COND_INITIALIZER
#define lock(it) pthread_mutex_lock(it)
#define unlock(it) pthread_mutex_unlock(it)
#define sleep_until(signal, it) pthread_cond_wait(signal, it)
#define wake_all(signal) pthread_cond_broadcast(signal)
#define give_way() sched_yield()
typedef void *outcome_t;
#define THREAD
#endif

#define MOST 64
#define SPINS 20000 /* looks at a flag before the core is given away: about 20 microseconds */

typedef int64_t (*work_t)(void *const *at, long id, long threads);

static struct {
    work_t work;
    void *const *at;
    atomic_int busy;      /* with the run of some thread; another that comes meanwhile works alone */
    long threads;         /* that take part in this run, the calling one among them */
    atomic_long run;      /* number of the run; those that wait see it change */
    atomic_long finished; /* of the others, in this run */
    atomic_long arrived, phase;
    long started;         /* threads that there are besides the first */
    lock_t asleep;
    signal_t awake;
} team = {.asleep = LOCK, .awake = SIGNAL};

static void pause_(long spins) {
    if (spins > SPINS) give_way();
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

static outcome_t THREAD member(void *number) {
    const long id = (long)(intptr_t)number;
    long seen = atomic_load(&team.run);
    atomic_fetch_add(&team.finished, 1);
    for (;;) {
        for (long spins = 0; atomic_load(&team.run) == seen && spins < SPINS; spins++) {}
        if (atomic_load(&team.run) == seen) {
            lock(&team.asleep);
            while (atomic_load(&team.run) == seen) sleep_until(&team.awake, &team.asleep);
            unlock(&team.asleep);
        }
        seen = atomic_load(&team.run);
        if (id < team.threads) team.work(team.at, id, team.threads);
        atomic_fetch_add(&team.finished, 1);
    }
    return 0;
}

#define STACK (4L << 20) /* bytes: panels of matrices lie there, and some systems give a thread a tenth of it */

#ifdef _WIN32
static int start(long number) {
    const DWORD reserved = 0x10000; /* it is what is reserved, not what is taken at once */
    HANDLE thread = CreateThread(NULL, STACK, member, (void *)(intptr_t)number, reserved, NULL);
    return thread && CloseHandle(thread);
}
#else
/* A process that was forked has none of the threads, and what they held is held for ever. */
static void begin_anew(void) {
    pthread_mutex_init(&team.asleep, NULL);
    pthread_cond_init(&team.awake, NULL);
    team.started = 0;
    atomic_store(&team.busy, 0);
}

static int start(long number) {
    static int is_registered;
    if (!is_registered) is_registered = !pthread_atfork(NULL, NULL, begin_anew);
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes)) return 0;
    pthread_attr_setstacksize(&attributes, STACK);
    const int failed = pthread_create(&thread, &attributes, member, (void *)(intptr_t)number);
    pthread_attr_destroy(&attributes);
    return !failed && !pthread_detach(thread);
}
#endif

/* Carry out work by so many threads, or by one where they are busy: the numbers are the same. Gives what it gave in the
   first. */
int64_t team_run(work_t work, void *const *at, long threads) {
    if (threads <= 1 || atomic_exchange(&team.busy, 1)) return work(at, 0, 1);
    if (threads > MOST) threads = MOST;
    while (team.started < threads - 1) {
        atomic_store(&team.finished, 0);
        if (!start(team.started + 1)) {
            threads = team.started + 1;
            break;
        }
        while (!atomic_load(&team.finished)) give_way();
        team.started++;
    }
    team.work = work;
    team.at = at;
    team.threads = threads;
    atomic_store(&team.finished, 0);
    atomic_store(&team.arrived, 0);
    lock(&team.asleep);
    atomic_fetch_add(&team.run, 1);
    wake_all(&team.awake);
    unlock(&team.asleep);
    const int64_t result = work(at, 0, threads);
    for (long spins = 0; atomic_load(&team.finished) < team.started; spins++) pause_(spins);
    atomic_store(&team.busy, 0);
    return result;
}
