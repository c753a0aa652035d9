/* What every program needs: elementary functions that the compiler can make vectors of, and tiles of matrix products. */

#include <math.h>
#include <stdint.h>
#include <string.h>

/* elementary functions: no branches, so that the loops around them become vectors ------------------------------ */

static inline float float_of_(int32_t bits) { float x; memcpy(&x, &bits, sizeof x); return x; }
static inline int32_t bits_of_(float x) { int32_t bits; memcpy(&bits, &x, sizeof bits); return bits; }

/* p(r) of eʳ = 1 + r + r²·p(r), for |r| ≤ ln 2 / 2 (the polynomial of Cephes) */
static inline float exp_series_f(float r) {
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p;
}

/* eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2; at most 1 ulp off */
static inline float exp_f(float x) {
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    const float shifted = x * 1.44269504088896341f + 12582912.0f; /* 1.5·2²³: what is behind the point is rounded away */
    const int32_t n = bits_of_(shifted) - 0x4B400000;
    const float whole = shifted - 12582912.0f;
    const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
    const float p = exp_series_f(r);
    const float y = p * r * r + r + 1.0f;
    const int32_t half = n >> 1; /* 2ⁿ in two steps: one would not reach the smallest and the largest numbers */
    return y * float_of_((int32_t)((uint32_t)(half + 127) << 23)) * float_of_((int32_t)((uint32_t)(n - half + 127) << 23));
}

/* log x = log m + n·log 2 with √½ ≤ m < √2; at most 1 ulp off (Cephes) */
static inline float log_f(float x) {
    const int is_small = x < 1.17549435e-38f;
    const float scaled = is_small ? x * 8388608.0f : x;
    const int32_t bits = bits_of_(scaled);
    const int32_t above = (int32_t)((uint32_t)bits - 0x3F3504F3u) >> 23; /* how often 2 divides it, counted from √½ */
    const float n = (float)above - (is_small ? 23.0f : 0.0f);
    const float m = float_of_(bits - (int32_t)((uint32_t)above << 23)) - 1.0f;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    const float z = m * m;
    float y = p * m * z + n * -2.12194440e-4f - 0.5f * z;
    y = m + y + n * 0.693359375f;
    y = x == INFINITY ? x : y;
    y = x == 0.0f ? -INFINITY : y;
    return x < 0.0f ? NAN : x != x ? x : y;
}

/* tanh x = t/(t + 2) with t = e²ˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1), which loses no digits near 0; at most 2.5 ulp off */
static inline float tanh_f(float x) {
    const float twice = fabsf(x) > 9.1f ? 18.2f : 2.0f * fabsf(x); /* from there on it is 1 */
    const float shifted = twice * 1.44269504088896341f + 12582912.0f;
    const float whole = shifted - 12582912.0f;
    const float r = (twice - whole * 0.693359375f) - whole * -2.12194440e-4f;
    float p = 1.9875691500e-4f; /* the polynomial of eˣ above */
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float power = float_of_((int32_t)((uint32_t)(bits_of_(shifted) - 0x4B400000 + 127) << 23));
    const float t = power * (r * r * p + r) + (power - 1.0f);
    return copysignf(t / (t + 2.0f), x); /* −0 has a sign too */
}

/* the logistic function: what opens and closes a gate */
static inline float logistic_f(float x) { return 1.0f / (1.0f + exp_f(-x)); }

/* erf x = x + x·p(x²), and from 1 on 1 − e^(x·q(x)); at most 2 ulp off (minimax polynomials of our own) */
static inline float erf_f(float x) {
    const float size = fabsf(x) < 4.0f ? fabsf(x) : 4.0f, z = x * x;
    float p = 7.889115e-05f;
    p = p * z - 0.00080208405f;
    p = p * z + 0.005189535f;
    p = p * z - 0.026854444f;
    p = p * z + 0.112836f;
    p = p * z - 0.37612626f;
    p = p * z + 0.12837917f;
    float q = -1.4134165e-05f;
    q = q * size + 0.00035233563f;
    q = q * size - 0.003764675f;
    q = q * size + 0.024025543f;
    q = q * size - 0.106549144f;
    q = q * size - 0.63495827f;
    q = q * size - 1.1286972f;
    const float far = copysignf(1.0f - exp_f(size * q), x);
    return fabsf(x) < 1.0f ? x + x * p : x != x ? x : far;
}

/* the same in double precision: minimax polynomials of our own, each 10⁻¹⁷ off --------------------------------- */

static inline double double_of_(uint64_t bits) { double x; memcpy(&x, &bits, sizeof x); return x; }
static inline uint64_t bits_of_double_(double x) { uint64_t bits; memcpy(&bits, &x, sizeof bits); return bits; }

/* 2ⁿ of a whole n from −1022 to 1023: with 1.5·2⁵² added, it stands in the lowest bits */
static inline double power_of_2_(double n) { return double_of_(bits_of_double_(n + (6755399441055744.0 + 1023.0)) << 52); }

/* the same in double precision */
static inline double exp_series_(double r) {
    double p = 2.0921582572111023e-09;
    p = p * r + 2.5105207006367132e-08;
    p = p * r + 2.7557252936801415e-07;
    p = p * r + 2.7557255423983853e-06;
    p = p * r + 2.4801587347309364e-05;
    p = p * r + 0.00019841269874802214;
    p = p * r + 0.0013888888888874415;
    p = p * r + 0.008333333333326141;
    p = p * r + 0.041666666666666685;
    p = p * r + 0.1666666666666667;
    p = p * r + 0.5;
    return p;
}

/* eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2; at most 1 ulp off */
static inline double exp_(double x) {
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    const double n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
    const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
    const double p = exp_series_(r);
    const double half = (n * 0.5 + 6755399441055744.0) - 6755399441055744.0; /* in two steps: one would not reach all */
    return (1.0 + (r + r * r * p)) * power_of_2_(half) * power_of_2_(n - half);
}

/* log x = log m + n·log 2 with √½ ≤ m < √2, and log m = 2·artanh s with s = (m − 1) / (m + 1); at most 1 ulp off */
static inline double log_(double x) {
    const int is_small = x < 2.2250738585072014e-308;
    const uint64_t bits = bits_of_double_(is_small ? x * 18014398509481984.0 : x); /* 2⁵⁴ */
    const uint64_t moved = bits + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu); /* from √½ on the next power of 2 */
    const double m = double_of_((moved & 0xFFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu) - 1.0;
    const double n = double_of_((moved >> 52) | 0x4330000000000000u) - (is_small ? 4503599627371573.0 : 4503599627371519.0);
    const double s = m / (m + 2.0), z = s * s, half = 0.5 * m * m;
    double p = 0.1479595352397251;
    p = p * z + 0.1531405016237555;
    p = p * z + 0.18183564342216418;
    p = p * z + 0.2222219857284058;
    p = p * z + 0.28571428742391597;
    p = p * z + 0.39999999999414654;
    p = p * z + 0.6666666666666734;
    const double y = n * 0.693147180369123816490 - ((half - (s * (half + z * p) + n * 1.90821492927058770002e-10)) - m);
    return x == INFINITY ? x : x == 0.0 ? -INFINITY : x < 0.0 ? NAN : x != x ? x : y;
}

/* tanh x = x + x³·p(x²), and from 0.625 on 1 − 2/(e²ˣ + 1); at most 2 ulp off */
static inline double tanh_(double x) {
    const double size = fabs(x), z = x * x;
    double p = -1.610759417784638e-05;
    p = p * z + 7.721928036474851e-05;
    p = p * z - 0.00022863333239210693;
    p = p * z + 0.0005863525303343115;
    p = p * z - 0.0014549704905234726;
    p = p * z + 0.0035919915736044136;
    p = p * z - 0.008863221319634724;
    p = p * z + 0.021869487601993937;
    p = p * z - 0.05396825393248354;
    p = p * z + 0.13333333333264918;
    p = p * z - 0.33333333333332876;
    return copysign(size < 0.625 ? x + x * z * p : 1.0 - 2.0 / (exp_(2.0 * size) + 1.0), x); /* −0 has a sign too */
}

/* erf x = x + x·p(x²), and from 1 on 1 − e^(−x²)·q((x − 2) / (x + 2)); at most 2 ulp off */
static inline double erf_(double x) {
    const double size = fabs(x) < 6.0 ? fabs(x) : 6.0, z = x * x, t = (size - 2.0) / (size + 2.0);
    double p = -7.801187300569166e-10;
    p = p * z + 1.3722974085575704e-08;
    p = p * z - 1.6209175051110697e-07;
    p = p * z + 1.6447517511669999e-06;
    p = p * z - 1.4924744644820118e-05;
    p = p * z + 0.00012055295319228035;
    p = p * z - 0.0008548325989642959;
    p = p * z + 0.005223977607422088;
    p = p * z - 0.02686617064327602;
    p = p * z + 0.11283791670945252;
    p = p * z - 0.3761263890318355;
    p = p * z + 0.12837916709551256;
    double q = -1.192402451179982e-05;
    q = q * t + 3.275162877069672e-05;
    q = q * t + 0.00017408270135589173;
    q = q * t + 4.3043150987345295e-05;
    q = q * t - 0.000982055673583303;
    q = q * t - 0.0008471351535909385;
    q = q * t + 0.006997464544433236;
    q = q * t + 0.0037328925039181384;
    q = q * t - 0.0789785810368783;
    q = q * t + 0.24165819424104087;
    q = q * t - 0.42718584741394267;
    q = q * t + 0.2553956763105071;
    const double far = copysign(1.0 - exp_(-size * size) * q, x);
    return fabs(x) < 1.0 ? x + x * p : x != x ? x : far;
}
static inline double logistic_(double x) { return 1.0 / (1.0 + exp_(-x)); }

/* log(1 + x): what was rounded away of u = 1 + x is put back by the slope there; at most 2 ulp off */
static inline float log1p_f(float x) {
    const float u = 1.0f + x, lost = (x - (u - 1.0f)) / u;
    return u == 1.0f ? x : u == 0.0f || u == INFINITY ? log_f(u) : log_f(u) + lost;
}
static inline double log1p_(double x) {
    const double u = 1.0 + x, lost = (x - (u - 1.0)) / u;
    return u == 1.0 ? x : u == 0.0 || u == INFINITY ? log_(u) : log_(u) + lost;
}

/* eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1), where eʳ − 1 is exact to the last place; at most 2 ulp off */
static inline float expm1_f(float x) {
    const float near = x > 40.0f ? 40.0f : x < -40.0f ? -40.0f : x; /* farther on, the 1 is rounded away */
    const float shifted = near * 1.44269504088896341f + 12582912.0f, whole = shifted - 12582912.0f;
    const float r = (near - whole * 0.693359375f) - whole * -2.12194440e-4f;
    const float p = exp_series_f(r);
    const float power = float_of_((int32_t)((uint32_t)(bits_of_(shifted) - 0x4B400000 + 127) << 23));
    return x > 40.0f ? exp_f(x) : x != x ? x : x == 0.0f ? x : power * (r + r * r * p) + (power - 1.0f);
}
static inline double expm1_(double x) {
    const double near = x > 60.0 ? 60.0 : x < -60.0 ? -60.0 : x;
    const double n = (near * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
    const double r = (near - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
    const double p = exp_series_(r);
    const double power = power_of_2_(n);
    return x > 60.0 ? exp_(x) : x != x ? x : x == 0.0 ? x : power * (r + r * r * p) + (power - 1.0);
}

/* a mod b, with the sign of b, as Python has it */
static inline double remainder_(double a, double b) {
    const double r = fmod(a, b);
    return r == 0.0 ? copysign(0.0, b) : (r < 0.0) != (b < 0.0) ? r + b : r;
}
static inline float remainder_f(float a, float b) {
    const float r = fmodf(a, b);
    return r == 0.0f ? copysignf(0.0f, b) : (r < 0.0f) != (b < 0.0f) ? r + b : r;
}
static inline double floor_divide_(double a, double b) {
    if (b == 0.0) return a / b;
    const double r = remainder_(a, b), q = (a - r) / b;
    return q == 0.0 ? copysign(0.0, a / b) : floor(q) + (q - floor(q) > 0.5 ? 1.0 : 0.0);
}
static inline float floor_divide_f(float a, float b) {
    if (b == 0.0f) return a / b;
    const float r = remainder_f(a, b), q = (a - r) / b;
    return q == 0.0f ? copysignf(0.0f, a / b) : floorf(q) + (q - floorf(q) > 0.5f ? 1.0f : 0.0f);
}

/* The greatest or least of several numbers, of which each vector has its own until the end; NaN where one is NaN. */
#define NUMBERS float, double, int8_t, uint8_t, int16_t, int32_t, int64_t
#pragma omp declare reduction(greatest : NUMBERS : omp_out = (omp_in > omp_out) | (omp_in != omp_in) ? omp_in : omp_out) \
    initializer(omp_priv = omp_orig)
#pragma omp declare reduction(least : NUMBERS : omp_out = (omp_in < omp_out) | (omp_in != omp_in) ? omp_in : omp_out) \
    initializer(omp_priv = omp_orig)

/* The share of a thread: of count pieces those from begin to end. */
static inline long begin_(long count, long id, long threads) { return count * id / threads; }
static inline long end_(long count, long id, long threads) { return count * (id + 1) / threads; }

/* An index that is in range; one that is not is a fault, and is not followed. */
static inline int64_t in_range_(int64_t index, int64_t size, int64_t *fault) {
    const int is_out = (uint64_t)index >= (uint64_t)size;
    if (is_out) *fault = 1; /* and nothing otherwise: another thread may have written it */
    return is_out ? 0 : index;
}

/* The same of one that counts from the end where it is below 0. */
static inline int64_t in_range_from_end_(int64_t index, int64_t size, int64_t *fault) {
    return in_range_(index < 0 ? index + size : index, size, fault);
}

/* matrix products ---------------------------------------------------------------------------------------------- */

/* Of two vectors, one after another, the elements whose numbers are in a third. */
#ifdef __clang__
#define SHUFFLE(A, B, ORDER, LANES) ({ typeof((A) + (B)) y; for (int i = 0; i < LANES; i++) y[i] = ORDER[i] < LANES ? A[ORDER[i]] : B[ORDER[i] - LANES]; y; })
#else
#define SHUFFLE(A, B, ORDER, LANES) __builtin_shuffle(A, B, ORDER)
#endif

/* The transpose of a matrix whose rows, and those of what it becomes, are steps apart as said. Squares of LANES rows are
   transposed in registers: their halves change places, then the halves of these. */
#define TRANSPOSE(NAME, TYPE, INTEGER, LANES)                                                                          \
    static void NAME(TYPE *restrict to, long to_step, const TYPE *restrict of, long of_step, long rows, long columns) {\
        typedef TYPE vector __attribute__((vector_size(LANES * sizeof(TYPE)), aligned(sizeof(TYPE)), may_alias));      \
        typedef INTEGER numbers __attribute__((vector_size(LANES * sizeof(TYPE))));                                    \
        const long whole_rows = rows - rows % LANES, whole_columns = columns - columns % LANES;                        \
        numbers number;                                                                                                \
        for (int i = 0; i < LANES; i++) number[i] = i;                                                                 \
        for (long r = 0; r < whole_rows; r += LANES)                                                                   \
            for (long c = 0; c < whole_columns; c += LANES) {                                                          \
                vector row[LANES];                                                                                     \
                _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++)                                               \
                    row[i] = *(const vector *)(of + (r + i) * of_step + c);                                            \
                _Pragma("GCC unroll 16") for (int half = LANES / 2; half; half /= 2) {                                 \
                    const numbers first = number + (number & half) * (LANES / half - 1), second = first + half;        \
                    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++)                                           \
                        if (!(i & half)) {                                                                             \
                            const vector a = row[i], b = row[i + half];                                                \
                            row[i] = SHUFFLE(a, b, first, LANES);                                                      \
                            row[i + half] = SHUFFLE(a, b, second, LANES);                                              \
                        }                                                                                              \
                }                                                                                                      \
                _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++)                                               \
                    *(vector *)(to + (c + i) * to_step + r) = row[i];                                                  \
            }                                                                                                          \
        for (long r = 0; r < rows; r++)                                                                                \
            for (long c = r < whole_rows ? whole_columns : 0; c < columns; c++) to[c * to_step + r] = of[r * of_step + c];\
    }

/* A tile of a·bᵀ, of rows that all lie along the depth: ROWS of a and COLUMNS of b. A vector of sums for each of its
   numbers, of which there is one in the end. */
#define DOT_TILE(NAME, TYPE, INTEGER, LANES, ROWS, COLUMNS)                                                            \
    static inline __attribute__((always_inline)) void NAME(                                                            \
        long depth, const TYPE *restrict a, long a_row, const TYPE *restrict b, long b_row, TYPE *restrict tile,       \
        long tile_row) {                                                                                               \
        typedef TYPE vector __attribute__((vector_size(LANES * sizeof(TYPE)), aligned(sizeof(TYPE)), may_alias));      \
        typedef INTEGER numbers __attribute__((vector_size(LANES * sizeof(TYPE))));                                    \
        const long whole = depth - depth % LANES;                                                                      \
        vector sum[ROWS][COLUMNS] = {0};                                                                               \
        for (long k = 0; k < whole; k += LANES) {                                                                      \
            vector row[COLUMNS];                                                                                       \
            _Pragma("GCC unroll 32") for (int c = 0; c < COLUMNS; c++) row[c] = *(const vector *)(b + c * b_row + k);  \
            _Pragma("GCC unroll 32") for (int r = 0; r < ROWS; r++) {                                                  \
                const vector x = *(const vector *)(a + r * a_row + k);                                                 \
                _Pragma("GCC unroll 32") for (int c = 0; c < COLUMNS; c++) sum[r][c] += x * row[c];                    \
            }                                                                                                          \
        }                                                                                                              \
        numbers number;                                                                                                \
        for (int i = 0; i < LANES; i++) number[i] = i;                                                                 \
        _Pragma("GCC unroll 32") for (int r = 0; r < ROWS; r++)                                                        \
            _Pragma("GCC unroll 32") for (int c = 0; c < COLUMNS; c++) {                                               \
                vector total = sum[r][c];                                                                              \
                _Pragma("GCC unroll 8") for (int half = LANES / 2; half; half /= 2)                                    \
                    total += SHUFFLE(total, total, (number ^ half), LANES);                                            \
                tile[r * tile_row + c] = total[0];                                                                     \
                for (long k = whole; k < depth; k++) tile[r * tile_row + c] += a[r * a_row + k] * b[c * b_row + k];    \
            }                                                                                                          \
    }

/* A tile of a·b, kept in registers over the depth: ROWS rows of VECTORS·LANES columns. Elements of a and rows of the
   tile are steps apart as said; b is a panel of columns that lie side by side. What is in the tile is added to, or not. */
#define PRODUCT_TILE(NAME, TYPE, LANES, ROWS, VECTORS)                                                                 \
    static inline __attribute__((always_inline)) void NAME(                                                            \
        long depth, const TYPE *restrict a, long a_row, long a_step, const TYPE *restrict b, long b_step, int adds,    \
        TYPE *restrict tile, long tile_row) {                                                                          \
        typedef TYPE vector __attribute__((vector_size(LANES * sizeof(TYPE)), aligned(sizeof(TYPE)), may_alias));      \
        vector sum[ROWS][VECTORS] = {0};                                                                               \
        for (int r = 0; r < ROWS; r++)                                                                                 \
            for (int v = 0; v < VECTORS; v++) __builtin_prefetch(tile + r * tile_row + v * LANES, 1);                  \
        for (long k = 0; k < depth; k++) {                                                                             \
            vector row[VECTORS];                                                                                       \
            _Pragma("GCC unroll 32") for (int v = 0; v < VECTORS; v++)                                                 \
                row[v] = *(const vector *)(b + k * b_step + v * LANES);                                                \
            _Pragma("GCC unroll 32") for (int r = 0; r < ROWS; r++) {                                                  \
                const vector x = a[r * a_row + k * a_step] - (vector){0};                                              \
                _Pragma("GCC unroll 32") for (int v = 0; v < VECTORS; v++) sum[r][v] += x * row[v];                    \
            }                                                                                                          \
        }                                                                                                              \
        for (int r = 0; r < ROWS; r++)                                                                                 \
            for (int v = 0; v < VECTORS; v++) {                                                                        \
                vector *place = (vector *)(tile + r * tile_row + v * LANES);                                           \
                if (adds) sum[r][v] += *place;                                                                         \
                *place = sum[r][v];                                                                                    \
            }                                                                                                          \
    }
