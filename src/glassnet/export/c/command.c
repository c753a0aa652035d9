/* A command that reads samples, one in each row of a CSV file, and prints what a network makes of them. What is written
   out is called after the network, which is called model here. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Say what is wrong, and where. */
static int wrong_(const char *name, long line, const char *expected) {
    fprintf(stderr, "%s, line %ld: expected %s\n", name, line, expected);
    return 2;
}

/* The next record of a file, NULL at its end. A line that ends within quotes goes on in the next. */
static char *record_(FILE *file, const char *name, long *line) {
    static char text[1 << 16];
    size_t length = 0;
    int letter, is_quoted = 0;
    do {
        for (length = 0; (letter = getc(file)) != EOF && (letter != '\n' || is_quoted); text[length++] = (char)letter) {
            if (letter == '"') is_quoted = !is_quoted;
            if (letter == '\n') ++*line;
            if (length + 1 == sizeof text) exit(wrong_(name, *line, "a row of less than 65,536 bytes"));
        }
        ++*line;
        while (length && text[length - 1] == '\r') length--;
        text[length] = 0;
    } while (!length && letter != EOF);
    if (!length) return NULL;
    return *line == 1 && !strncmp(text, "\xEF\xBB\xBF", 3) ? text + 3 : text;
}

/* What stands between the cells of a record: a comma, a semicolon or a tab, whichever comes most often. */
static char delimiter_(const char *text) {
    int counts[3] = {0};
    int is_quoted = 0;
    for (; *text; text++) {
        if (*text == '"') is_quoted = !is_quoted;
        if (!is_quoted) counts[0] += *text == ',', counts[1] += *text == ';', counts[2] += *text == '\t';
    }
    return counts[2] > counts[0] && counts[2] > counts[1] ? '\t' : counts[1] > counts[0] ? ';' : ',';
}

/* Part a record into cells, at most as many as there is room for, without their quotes; how many there are. */
static int cells_(char *text, char delimiter, const char *cells[], int most) {
    for (int n = 0;; n++) {
        char *end = text;
        if (n < most) cells[n] = text;
        if (*text == '"') {
            for (text++; *text && (*text != '"' || *++text == '"'); text++) *end++ = *text;
        } else {
            while (*text && *text != delimiter) *end++ = *text++;
        }
        while (*text && *text != delimiter) text++;
        const char last = *text++;
        *end = 0;
        if (!last) return n + 1;
    }
}

/* Whether a cell holds a number. */
static int is_number_(const char *text) {
    char *end;
    strtod(text, &end);
    return end != text && !end[strspn(end, " ")];
}

/* Where the column of a name is; a message and -1 where there is none. */
static int column_(const char *name, const char *const cells[], int count) {
    for (int i = 0; i < count; i++) {
        const size_t spaces = strspn(cells[i], " "), length = strlen(name);
        if (!strncmp(cells[i] + spaces, name, length) && !cells[i][spaces + length + strspn(cells[i] + spaces + length, " ")])
            return i;
    }
    fprintf(stderr, "expected a table with the column '%s'; add it\n", name);
    return -1;
}

/* Print the class and the probability of each; or the values. What is not finite is refused. */
static int answer_(const float output[MODEL_OUTPUTS], const char *const labels[], const char *name, long line) {
    int best = 0;
    for (int i = 0; i < MODEL_OUTPUTS; i++) {
        if (!(output[i] - output[i] == 0)) return wrong_(name, line, "numbers of which the network makes finite ones");
        if (output[i] > output[best]) best = i;
    }
    if (labels) printf("%s", labels[best]);
    for (int i = 0; i < MODEL_OUTPUTS; i++) printf(labels ? ",%.6f" : i ? ",%.9g" : "%.9g", (double)output[i]);
    putchar('\n');
    return 0;
}

/* Encode the cells of a sample, and print what the network makes of it. */
static int sample_(const char *const cells[MODEL_CELLS], const char *const labels[], const char *name, long line) {
    static INPUT input[MODEL_INPUTS];
    static float output[MODEL_OUTPUTS];
    const int place = model_encode(cells, input);
    if (place) {
        fprintf(stderr, "%s, line %ld: expected a finite number, got '%.40s'\n", name, line, cells[place - 1]);
        return 2;
    }
    model_predict(input, output);
    return answer_(output, labels, name, line);
}

/* Rows of numbers. A first row without any is a header. */
static int rows_(FILE *file, const char *name, const char *header, const char *const labels[]) {
    static const char *cells[MODEL_CELLS];
    long line = 0;
    int is_first = 1;
    char *text, delimiter = ',';
    puts(header);
    for (; (text = record_(file, name, &line)); is_first = 0) {
        if (is_first) delimiter = delimiter_(text);
        const int count = cells_(text, delimiter, cells, MODEL_CELLS);
        int is_header = is_first;
        for (int i = 0; i < count && i < MODEL_CELLS; i++) is_header = is_header && !is_number_(cells[i]);
        if (is_header) continue;
        if (count != MODEL_CELLS) return wrong_(name, line, "as many numbers as the network takes, and no label");
        if (sample_(cells, labels, name, line)) return 2;
    }
    return 0;
}

/* Rows of a table whose header names the columns, in any order. */
static int table_(
    FILE *file, const char *name, const char *header, const char *const labels[], const char *const columns[]) {
    static const char *cells[4096];
    const char *wanted[MODEL_CELLS];
    int places[MODEL_CELLS];
    long line = 0;
    char *text = record_(file, name, &line);
    if (!text) return wrong_(name, 1, "a header that names the columns");
    const char delimiter = delimiter_(text);
    const int count = cells_(text, delimiter, cells, 4096);
    for (int i = 0; i < MODEL_CELLS; i++)
        if ((places[i] = column_(columns[i], cells, count < 4096 ? count : 4096)) < 0) return 2;
    puts(header);
    while ((text = record_(file, name, &line))) {
        if (cells_(text, delimiter, cells, 4096) != count) return wrong_(name, line, "as many cells as in the header");
        for (int i = 0; i < MODEL_CELLS; i++) wanted[i] = cells[places[i]];
        if (sample_(wanted, labels, name, line)) return 2;
    }
    return 0;
}

/* A table whose rows are in the order of time, without a gap: what comes after its last row. */
static int series_(
    FILE *file, const char *name, const char *header, const char *const labels[], const char *const columns[]) {
    static const char *cells[4096];
    static char values[MODEL_CELLS][64];
    static INPUT input[MODEL_INPUTS];
    static float output[MODEL_OUTPUTS];
    const char *window[MODEL_CELLS];
    long line = 0, rows = 0;
    char *text = record_(file, name, &line);
    (void)labels;
    if (!text) return wrong_(name, 1, "a header that names the columns");
    const char delimiter = delimiter_(text);
    const int count = cells_(text, delimiter, cells, 4096);
    const int place = column_(columns[0], cells, count < 4096 ? count : 4096);
    if (place < 0) return 2;
    for (; (text = record_(file, name, &line)); rows++) {
        if (cells_(text, delimiter, cells, 4096) != count) return wrong_(name, line, "as many cells as in the header");
        char *value = values[rows % MODEL_CELLS];
        value[0] = 0;
        strncat(value, cells[place], sizeof values[0] - 1);
    }
    if (rows < MODEL_CELLS) return wrong_(name, line, "as many rows as the network looks back");
    for (long i = 0; i < MODEL_CELLS; i++) window[i] = values[(rows + i) % MODEL_CELLS];
    const int bad = model_encode(window, input);
    if (bad) return wrong_(name, line, "finite numbers in the rows that the network looks back at");
    model_predict(input, output);
    puts(header);
    for (int i = 0; i < MODEL_OUTPUTS; i++) printf("%d,%.9g\n", i + 1, (double)output[i]);
    return 0;
}
