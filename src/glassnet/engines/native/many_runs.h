#define AHEAD 4 /* batches: so long before rows are needed they are asked for, that they may have come from memory */

/* Point the table at the i-th batch of an input: at the rows that are named, copied to where a batch has its place, or,
   where none are named, at those that come next, where they are. */
static inline void next_batch_(
    void **at, void *const *given, int64_t i, int64_t times, long count, long bytes, long id, long threads) {
    const char *from = given[0];
    const int64_t *rows = given[1];
    char *to = given[2];
    if (rows) {
        const int64_t *these = rows + count * i, *later = rows + count * (i + AHEAD < times ? i + AHEAD : i);
        for (long r = begin_(count, id, threads); r < end_(count, id, threads); r++) {
            __builtin_prefetch(from + bytes * later[r]);
            memcpy(to + bytes * r, from + bytes * these[r], bytes);
        }
    }
    if (!id) *at = rows ? to : (void *)(from + count * bytes * i);
}
