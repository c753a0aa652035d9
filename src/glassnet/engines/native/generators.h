/* random numbers: by NumPy's own functions, from its own generator ------------------------------------------------ */

/* What NumPy hands out of a generator (numpy/random/bitgen.h). */
typedef struct {
    void *state; /* of PCG64: a pointer to its 32 bytes, and 8 bytes that are left of a number of which half was drawn */
    uint64_t (*next_uint64)(void *state);
    uint32_t (*next_uint32)(void *state);
    double (*next_double)(void *state);
    uint64_t (*next_raw)(void *state);
} bits_t;

/* A generator as a program knows it: NumPy's functions (numpy/random/distributions.h), and what its state was. */
typedef struct {
    bits_t *bits;
    void (*uniform_floats)(bits_t *, intptr_t count, float *to);
    void (*uniform_doubles)(bits_t *, intptr_t count, double *to);
    void (*normal_floats)(bits_t *, intptr_t count, float *to);
    void (*normal_doubles)(bits_t *, intptr_t count, double *to);
    void (*integers)(bits_t *, uint64_t low, uint64_t range, intptr_t count, _Bool masked, uint64_t *to);
    char kept[40];
} generator_t;

/* Remember the state, or go back to it: a step that is refused has drawn nothing. */
static inline void keep_(generator_t *generator) {
    void **state = generator->bits->state;
    memcpy(generator->kept, state[0], 32);
    memcpy(generator->kept + 32, state + 1, 8);
}
static inline void put_back_(generator_t *generator) {
    void **state = generator->bits->state;
    memcpy(state[0], generator->kept, 32);
    memcpy(state + 1, generator->kept + 32, 8);
}
