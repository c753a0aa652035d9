/* Cells of a table as numbers, by the rules by which the table was read that the network learned from. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of a cell without the spaces around it: how long it is, and where it begins. */
static size_t trimmed_(const char **text) {
    size_t length = strlen(*text);
    while (length && strchr(" \t\r\n\v\f", **text)) (*text)++, length--;
    while (length && strchr(" \t\r\n\v\f", (*text)[length - 1])) length--;
    return length;
}

/* Whether a text is a word, in capitals or not. */
static int is_word_(const char *text, size_t length, const char *word) {
    if (length != strlen(word)) return 0;
    for (size_t i = 0; i < length; i++) {
        const char letter = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
        if (letter != word[i]) return 0;
    }
    return 1;
}

/* Whether a text is one of some words. */
static int is_one_of_(const char *text, size_t length, const char *const words[], int count) {
    for (int i = 0; i < count; i++)
        if (is_word_(text, length, words[i])) return 1;
    return 0;
}

/* Whether a cell is empty, or says so. */
static int is_nothing_(const char *text, size_t length) {
    static const char *const words[] = {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null"};
    return is_one_of_(text, length, words, 8);
}

/* How many digits a text begins with. */
static size_t digits_(const char *text, size_t length) {
    size_t n = 0;
    while (n < length && text[n] >= '0' && text[n] <= '9') n++;
    return n;
}

/* How much of a text are digits in groups of three with a mark between them, such as 1,234,567; 0 if there is no mark. */
static size_t grouped_(const char *text, size_t length, char mark) {
    size_t n = digits_(text, length);
    if (n < 1 || n > 3 || n >= length || text[n] != mark) return 0;
    while (n < length && text[n] == mark) {
        if (digits_(text + n + 1, length - n - 1) != 3) return 0;
        n += 4;
    }
    return n;
}

/* A text as a number, NaN if it is none: 1,234.5, or, with a comma before the decimals, 1.234,5. */
static double number_of_(const char *text, size_t length, char decimal) {
    char plain[64];
    size_t n = 0;
    const size_t sign = length && (*text == '+' || *text == '-');
    const size_t groups = grouped_(text + sign, length - sign, decimal == ',' ? '.' : ',');
    if (length == 0 || length >= sizeof plain) return NAN;
    if (decimal == ',') {
        const size_t whole = sign + (groups ? groups : digits_(text + sign, length - sign));
        const size_t part = whole < length ? length - whole - 1 : 0;
        if (whole < length && (text[whole] != ',' || !part || digits_(text + whole + 1, part) != part)) return NAN;
    } else if (memchr(text, ',', length)) {
        const size_t whole = sign + groups;
        const size_t part = whole < length ? length - whole - 1 : 0;
        if (!groups || (whole < length && (text[whole] != '.' || digits_(text + whole + 1, part) != part))) return NAN;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] == (decimal == ',' ? '.' : ',')) continue;
        plain[n] = text[i] == ',' ? '.' : text[i];
        if (!strchr("0123456789+-.eE", plain[n++])) return NAN;
    }
    plain[n] = 0;
    char *end;
    const double value = strtod(plain, &end);
    return *end || end == plain || value - value != 0 ? NAN : value;
}

/* A number in the units that the network knows; NULL for one that is too far from all it was trained on. */
static float *scaled_(double value, double mean, double scale, float *x) {
    *x = value == value ? (float)((value - mean) / scale) : 0.0f; /* what is missing is taken for the mean */
    return *x - *x == 0 ? x + 1 : NULL;
}

/* A cell with a number. If it may be missing, one more number says whether it is. */
static float *number_cell_(const char *cell, char decimal, double mean, double scale, int may_be_missing, float *x) {
    const size_t length = trimmed_(&cell);
    const double value = is_nothing_(cell, length) ? NAN : number_of_(cell, length, decimal);
    x = scaled_(value, mean, scale, x);
    if (x && may_be_missing) *x++ = value != value;
    return x;
}

/* A cell that says yes or no. */
static float *truth_cell_(const char *cell, double mean, double scale, int may_be_missing, float *x) {
    static const char *const yes[] = {"true", "t", "yes", "y", "on", "1"};
    static const char *const no[] = {"false", "f", "no", "n", "off", "0"};
    const size_t length = trimmed_(&cell);
    const double value = is_one_of_(cell, length, yes, 6) ? 1 : is_one_of_(cell, length, no, 6) ? 0 : NAN;
    x = scaled_(value, mean, scale, x);
    if (x && may_be_missing) *x++ = value != value;
    return x;
}

/* A cell with a category: 1 for that one, 0 for all others. */
static float *category_cell_(const char *cell, const char *const values[], int count, int may_be_missing, float *x) {
    const size_t length = trimmed_(&cell);
    const int is_missing = is_nothing_(cell, length);
    for (int i = 0; i < count; i++)
        *x++ = !is_missing && strlen(values[i]) == length && !memcmp(cell, values[i], length);
    if (may_be_missing) *x++ = (float)is_missing;
    return x;
}

/* The digits at the beginning of a text as a number, at most as many as said; -1 where there are none. */
static int whole_(const char **text, const char *end, int least, int most) {
    int value = 0, n = 0;
    while (n < most && *text < end && **text >= '0' && **text <= '9') value = 10 * value + *(*text)++ - '0', n++;
    return n < least ? -1 : value;
}

/* The month that a text begins with the name of: %b is short, %B is whole; -1 for none. */
static int month_(const char **text, const char *end, int is_short) {
    static const char *const names[] = {
        "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december"};
    for (int month = 0; month < 12; month++) {
        const size_t length = is_short ? 3 : strlen(names[month]);
        char name[4] = {0};
        memcpy(name, names[month], 3);
        if ((size_t)(end - *text) < length || !is_word_(*text, length, is_short ? name : names[month])) continue;
        *text += length;
        return month + 1;
    }
    return -1;
}

/* A text as year, month, day, hour, minute, second in a form such as %Y-%m-%d; whether it is one. */
static int is_date_(const char *text, size_t length, const char *form, int when[6]) {
    const char *const end = text + length;
    const int first[6] = {1, 1, 1, 0, 0, 0};
    memcpy(when, first, sizeof first);
    for (; *form; form++) {
        if (*form == ' ') {
            if (text == end || *text != ' ') return 0;
            while (text < end && *text == ' ') text++;
        } else if (*form != '%') {
            if (text == end || *text++ != *form) return 0;
        } else {
            static const char letters[] = "YmdHMS";
            const char letter = *++form;
            const char *const place = strchr(letters, letter);
            const int part = place ? (int)(place - letters) : 1;
            when[part] = letter == 'b' || letter == 'B' ? month_(&text, end, letter == 'b')
                                                        : whole_(&text, end, part ? 1 : 4, part ? 2 : 4);
            if (when[part] < 0) return 0;
        }
    }
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int is_leap = when[0] % 4 == 0 && (when[0] % 100 != 0 || when[0] % 400 == 0);
    if (text != end || when[0] < 1 || when[1] < 1 || when[1] > 12 || when[2] < 1) return 0;
    if (when[2] > days[when[1] - 1] + (when[1] == 2 && is_leap)) return 0;
    return when[3] < 24 && when[4] < 60 && when[5] < 60;
}

/* How many days a date is after the last one before the year 1, in the calendar of today. */
static int day_number_(const int when[6]) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const int past = when[0] - 1;
    const int is_leap = when[0] % 4 == 0 && (when[0] % 100 != 0 || when[0] % 400 == 0);
    return 365 * past + past / 4 - past / 100 + past / 400 + before[when[1] - 1] + (when[1] > 2 && is_leap) + when[2];
}

/* A cell with a date in a form, or as ISO 8601 has it, in parts: d days, Y year, m month, D day, w weekday, H hour. */
static float *date_cell_(
    const char *cell, const char *form, const char *parts, const double *means, const double *scales,
    int may_be_missing, float *x) {
    static const char *const also[] = {
        "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
    static const size_t lengths[] = {10, 16, 16, 19, 19};
    const size_t length = trimmed_(&cell);
    int when[6];
    int is_date = !is_nothing_(cell, length) && is_date_(cell, length, form, when);
    for (int i = 0; i < 5 && !is_date; i++) is_date = length == lengths[i] && is_date_(cell, length, also[i], when);
    for (int i = 0; x && parts[i]; i++) {
        double value = NAN;
        if (is_date) {
            const double hour = when[3] + when[4] / 60.0 + when[5] / 3600.0;
            const int day = day_number_(when);
            switch (parts[i]) {
            case 'd': value = day + hour / 24; break;
            case 'Y': value = when[0]; break;
            case 'm': value = when[1]; break;
            case 'D': value = when[2]; break;
            case 'w': value = (day + 6) % 7; break;
            default: value = hour;
            }
        }
        x = scaled_(value, means[i], scales[i], x);
    }
    if (x && may_be_missing) *x++ = !is_date;
    return x;
}

/* A cell with a number that the network takes as it is, divided by another; NULL for one that is none. */
static float *divided_cell_(const char *cell, float divisor, float *x) {
    const size_t length = trimmed_(&cell);
    const double value = number_of_(cell, length, '.');
    *x = (float)value / divisor;
    return *x - *x == 0 ? x + 1 : NULL;
}

/* A cell with a whole number, such as that of a row to look up; NULL for one that is none. */
static int32_t *whole_cell_(const char *cell, int32_t *x) {
    const size_t length = trimmed_(&cell);
    const double value = number_of_(cell, length, '.');
    *x = value >= -2147483647.0 && value <= 2147483647.0 ? (int32_t)value : 0;
    return *x == value ? x + 1 : NULL;
}

/* The value of a code point in UTF-8 that a text begins with; how many bytes it has is added to the text. */
static uint32_t letter_(const char **text) {
    const unsigned char *at = (const unsigned char *)*text;
    const int more = *at < 0xC0 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
    uint32_t letter = more ? *at & (0x3Fu >> more) : *at;
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            *text += 1;
            return 0xFFFD;
        }
        letter = letter << 6 | (at[i] & 0x3Fu);
    }
    *text += more + 1;
    return letter;
}

/* Where a code point stands among ranges in order; -1 if in none. */
static int range_of_(uint32_t letter, const uint32_t (*ranges)[2], int count) {
    int low = 0, high = count - 1;
    while (low <= high) {
        const int middle = (low + high) / 2;
        if (letter > ranges[middle][1]) low = middle + 1;
        else if (letter < ranges[middle][0]) high = middle - 1;
        else return middle;
    }
    return -1;
}

/* What a language needs to find words: the letters that words are made of, and capitals with their small letters. */
typedef struct {
    const uint32_t (*letters)[2];
    int letter_count;
    const uint32_t (*capitals)[2];
    int capital_count;
    const char *const *words; /* in the order of their bytes */
    const int32_t *numbers;
    int word_count;
} vocabulary_;

/* The number of a word, 1 for one that is not known. */
static int32_t word_number_(const char *word, const vocabulary_ *known) {
    int low = 0, high = known->word_count - 1;
    while (low <= high) {
        const int middle = (low + high) / 2, order = strcmp(word, known->words[middle]);
        if (order == 0) return known->numbers[middle];
        if (order > 0) low = middle + 1;
        else high = middle - 1;
    }
    return 1;
}

/* The numbers of the first words of a text, after a 0 for each that it lacks. */
static void words_(const char *text, const vocabulary_ *known, int32_t *x, int length) {
    int found = 0;
    char word[241];
    size_t bytes = 0;
    int letters = 0, is_end = 0;
    while (!is_end && found < length) {
        is_end = !*text;
        const char *begin = text;
        uint32_t letter = is_end ? ' ' : letter_(&text);
        size_t width = (size_t)(text - begin);
        char small[4];
        memcpy(small, begin, width);
        for (int i = 0; i < known->capital_count; i++) {
            if (known->capitals[i][0] != letter) continue;
            letter = known->capitals[i][1];
            width = letter < 0x80 ? 1 : letter < 0x800 ? 2 : 3;
            for (size_t n = width; n-- > 1; letter >>= 6) small[n] = (char)(0x80 | (letter & 0x3F));
            small[0] = (char)(width == 1 ? letter : width == 2 ? 0xC0 | letter : 0xE0 | letter);
            letter = known->capitals[i][1];
        }
        if (range_of_(letter, known->letters, known->letter_count) >= 0) {
            if (++letters <= 60) memcpy(word + bytes, small, width), bytes += width;
        } else if (letters) {
            word[bytes] = 0;
            x[found++] = word_number_(word, known);
            bytes = 0, letters = 0;
        }
    }
    memmove(x + length - found, x, (size_t)found * sizeof *x);
    for (int i = 0; i < length - found; i++) x[i] = 0;
}
