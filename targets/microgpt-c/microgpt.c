/* A GPT trained and sampled in plain C: the whole algorithm, one scalar at a time.

   Every number is a `Value` that remembers how it was made, so that the chain rule can be walked backwards through it.
   Reads `input.txt`, one document a line. It prints what targets/microgpt/microgpt.py prints on the same input: the same
   generator of random numbers, drawn from in the same order. Nothing here is optimized: that is the exercise. */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUM_STEPS 1000
#define SEED 42
#define LOSS_FORMAT "%.4f"

#define N_LAYER 1
#define N_EMBD 16
#define BLOCK_SIZE 16
#define N_HEAD 4
#define HEAD_DIM (N_EMBD / N_HEAD)
#define NUM_SAMPLES 20

static void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static void *enlarge(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

/* Random numbers: the Mersenne Twister (Matsumoto and Nishimura 1998), seeded and drawn from as Python does. */

#define STATE 624
#define MIDDLE 397

static uint32_t twister[STATE];
static int drawn = STATE;

static void seed_with(uint32_t key)
{
    twister[0] = 19650218u;
    for (int i = 1; i < STATE; i++)
        twister[i] = 1812433253u * (twister[i - 1] ^ (twister[i - 1] >> 30)) + (uint32_t)i;
    int i = 1;
    for (int k = 0; k < STATE; k++) {
        twister[i] = (twister[i] ^ ((twister[i - 1] ^ (twister[i - 1] >> 30)) * 1664525u)) + key;
        if (++i >= STATE) {
            twister[0] = twister[STATE - 1];
            i = 1;
        }
    }
    for (int k = 0; k < STATE - 1; k++) {
        twister[i] = (twister[i] ^ ((twister[i - 1] ^ (twister[i - 1] >> 30)) * 1566083941u)) - (uint32_t)i;
        if (++i >= STATE) {
            twister[0] = twister[STATE - 1];
            i = 1;
        }
    }
    twister[0] = 0x80000000u;
    drawn = STATE;
}

static uint32_t bits32(void)
{
    if (drawn == STATE) {
        for (int i = 0; i < STATE; i++) {
            uint32_t y = (twister[i] & 0x80000000u) | (twister[(i + 1) % STATE] & 0x7fffffffu);
            twister[i] = twister[(i + MIDDLE) % STATE] ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
        }
        drawn = 0;
    }
    uint32_t y = twister[drawn++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static double uniform(void)
{
    uint32_t a = bits32() >> 5, b = bits32() >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

static uint32_t below(uint32_t n)
{
    int length = 0;
    while (length < 32 && (n >> length) != 0)
        length++;
    uint32_t r = bits32() >> (32 - length);
    while (r >= n)
        r = bits32() >> (32 - length);
    return r;
}

static double gauss(double deviation)
{
    static double kept;
    static int there = 0;
    double z = kept;
    if (there) {
        there = 0;
    } else {
        double angle = uniform() * (2.0 * 3.141592653589793);
        double radius = sqrt(-2.0 * log(1.0 - uniform()));
        z = cos(angle) * radius;
        kept = sin(angle) * radius;
        there = 1;
    }
    return 0.0 + z * deviation;
}

/* The data: documents as code points, the characters they use, and one more token that begins and ends a document. */

typedef struct {
    int length;
    uint32_t *letters;
} Document;

static Document *docs;
static int num_docs;
static uint32_t *chars;
static int num_chars;
static int vocab_size;
static int bos;

static int decode(const unsigned char *text, uint32_t *letter)
{
    int more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : text[0] >= 0xc0 ? 1 : 0;
    *letter = more ? text[0] & (0x3f >> more) : text[0];
    for (int i = 1; i <= more; i++)
        *letter = (*letter << 6) | (text[i] & 0x3f);
    return more + 1;
}

static void encode(uint32_t letter, FILE *out)
{
    if (letter < 0x80) {
        fputc((int)letter, out);
    } else if (letter < 0x800) {
        fputc((int)(0xc0 | (letter >> 6)), out);
        fputc((int)(0x80 | (letter & 0x3f)), out);
    } else if (letter < 0x10000) {
        fputc((int)(0xe0 | (letter >> 12)), out);
        fputc((int)(0x80 | ((letter >> 6) & 0x3f)), out);
        fputc((int)(0x80 | (letter & 0x3f)), out);
    } else {
        fputc((int)(0xf0 | (letter >> 18)), out);
        fputc((int)(0x80 | ((letter >> 12) & 0x3f)), out);
        fputc((int)(0x80 | ((letter >> 6) & 0x3f)), out);
        fputc((int)(0x80 | (letter & 0x3f)), out);
    }
}

static int is_space(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void add_document(const unsigned char *line, size_t length)
{
    while (length > 0 && is_space(line[0])) {
        line++;
        length--;
    }
    while (length > 0 && is_space(line[length - 1]))
        length--;
    if (length == 0)
        return;
    Document doc = {0, allocate(length * sizeof(uint32_t))};
    for (size_t at = 0; at < length;)
        at += (size_t)decode(line + at, &doc.letters[doc.length++]);
    docs = enlarge(docs, (size_t)(num_docs + 1) * sizeof(Document));
    docs[num_docs++] = doc;
}

static void read_documents(void)
{
    FILE *file = fopen("input.txt", "rb");
    if (file == NULL) {
        fprintf(stderr, "input.txt cannot be read\n");
        exit(1);
    }
    size_t size = 0, got;
    unsigned char *text = NULL;
    do {
        text = enlarge(text, size + 65536 + 4);
        got = fread(text + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    fclose(file);
    memset(text + size, 0, 4);
    for (size_t start = 0; start < size;) {
        size_t end = start;
        while (end < size && text[end] != '\n')
            end++;
        add_document(text + start, end - start);
        start = end + 1;
    }
    free(text);
}

static int compare_letters(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void collect_chars(void)
{
    for (int d = 0; d < num_docs; d++) {
        for (int i = 0; i < docs[d].length; i++) {
            int known = 0;
            for (int c = 0; c < num_chars && !known; c++)
                known = chars[c] == docs[d].letters[i];
            if (!known) {
                chars = enlarge(chars, (size_t)(num_chars + 1) * sizeof(uint32_t));
                chars[num_chars++] = docs[d].letters[i];
            }
        }
    }
    qsort(chars, (size_t)num_chars, sizeof(uint32_t), compare_letters);
    bos = num_chars;
    vocab_size = num_chars + 1;
}

static int token_of(uint32_t letter)
{
    int token = 0;
    while (chars[token] != letter)
        token++;
    return token;
}

/* A scalar in the graph of a calculation: its number, its gradient, its operands, d(it)/d(operand). */

typedef struct Value {
    double data;
    double grad;
    int num_children;
    int seen;
    struct Value **children;
    double *local_grads;
    struct Value *next; /* the one made before it: so that a graph can be freed */
} Value;

static Value *latest;

static Value *value(double data, int num_children)
{
    Value *v = allocate(sizeof(Value));
    v->data = data;
    v->num_children = num_children;
    v->children = num_children ? allocate((size_t)num_children * sizeof(Value *)) : NULL;
    v->local_grads = num_children ? allocate((size_t)num_children * sizeof(double)) : NULL;
    v->next = latest;
    latest = v;
    return v;
}

static void free_values(Value *until)
{
    while (latest != until) {
        Value *v = latest;
        latest = v->next;
        free(v->children);
        free(v->local_grads);
        free(v);
    }
}

static Value *unary(double data, Value *a, double local)
{
    Value *v = value(data, 1);
    v->children[0] = a;
    v->local_grads[0] = local;
    return v;
}

static Value *binary(double data, Value *a, double local_a, Value *b, double local_b)
{
    Value *v = value(data, 2);
    v->children[0] = a;
    v->children[1] = b;
    v->local_grads[0] = local_a;
    v->local_grads[1] = local_b;
    return v;
}

static Value *add(Value *a, Value *b)
{
    return binary(a->data + b->data, a, 1, b, 1);
}

static Value *mul(Value *a, Value *b)
{
    return binary(a->data * b->data, a, b->data, b, a->data);
}

static Value *mul_by(Value *a, double factor)
{
    return mul(a, value(factor, 0));
}

static Value *power(Value *a, double exponent)
{
    return unary(pow(a->data, exponent), a, exponent * pow(a->data, exponent - 1));
}

static Value *divide(Value *a, Value *b)
{
    return mul(a, power(b, -1));
}

static Value *logarithm(Value *a)
{
    return unary(log(a->data), a, 1 / a->data);
}

static Value *exponential(Value *a)
{
    return unary(exp(a->data), a, exp(a->data));
}

static Value *relu(Value *a)
{
    return unary(a->data > 0 ? a->data : 0, a, a->data > 0);
}

typedef struct {
    Value **values;
    int length;
    int room;
} Order;

static void visit(Value *node, Order *order)
{
    if (node->seen)
        return;
    node->seen = 1;
    for (int i = 0; i < node->num_children; i++)
        visit(node->children[i], order);
    if (order->length == order->room) {
        order->room = order->room ? 2 * order->room : 1024;
        order->values = enlarge(order->values, (size_t)order->room * sizeof(Value *));
    }
    order->values[order->length++] = node;
}

static void backward(Value *root)
{
    Order order = {NULL, 0, 0};
    visit(root, &order);
    root->grad = 1;
    for (int i = order.length - 1; i >= 0; i--) {
        Value *node = order.values[i];
        node->seen = 0;
        for (int c = 0; c < node->num_children; c++)
            node->children[c]->grad += node->local_grads[c] * node->grad;
    }
    free(order.values);
}

/* The parameters: wte, wpe, lm_head, then each layer's wq, wk, wv, wo, fc1, fc2. */

typedef struct {
    int rows, cols;
    Value **cells;
} Matrix;

typedef struct {
    Matrix wq, wk, wv, wo, fc1, fc2;
} Layer;

static Matrix wte, wpe, lm_head;
static Layer layers[N_LAYER];
static Value **params;
static int num_params;

static Matrix matrix(int rows, int cols)
{
    Matrix m = {rows, cols, allocate((size_t)(rows * cols) * sizeof(Value *))};
    params = enlarge(params, (size_t)(num_params + rows * cols) * sizeof(Value *));
    for (int i = 0; i < rows * cols; i++) {
        m.cells[i] = value(gauss(0.08), 0);
        params[num_params++] = m.cells[i];
    }
    return m;
}

static void make_parameters(void)
{
    wte = matrix(vocab_size, N_EMBD);
    wpe = matrix(BLOCK_SIZE, N_EMBD);
    lm_head = matrix(vocab_size, N_EMBD);
    for (int i = 0; i < N_LAYER; i++) {
        layers[i].wq = matrix(N_EMBD, N_EMBD);
        layers[i].wk = matrix(N_EMBD, N_EMBD);
        layers[i].wv = matrix(N_EMBD, N_EMBD);
        layers[i].wo = matrix(N_EMBD, N_EMBD);
        layers[i].fc1 = matrix(4 * N_EMBD, N_EMBD);
        layers[i].fc2 = matrix(N_EMBD, 4 * N_EMBD);
    }
}

/* The model: one token in, scores of the next one out. keys and vals hold what earlier positions left behind. */

static Value *keys[N_LAYER][BLOCK_SIZE][N_EMBD];
static Value *vals[N_LAYER][BLOCK_SIZE][N_EMBD];

static void linear(Value **x, Matrix weight, Value **out)
{
    for (int r = 0; r < weight.rows; r++) {
        Value *sum = value(0, 0);
        for (int c = 0; c < weight.cols; c++)
            sum = add(mul(weight.cells[r * weight.cols + c], x[c]), sum);
        out[r] = sum;
    }
}

static void softmax(Value **logits, int n, Value **out)
{
    double top = logits[0]->data;
    for (int i = 1; i < n; i++)
        top = logits[i]->data > top ? logits[i]->data : top;
    for (int i = 0; i < n; i++)
        out[i] = exponential(add(logits[i], value(-top, 0)));
    Value *total = value(0, 0);
    for (int i = 0; i < n; i++)
        total = add(out[i], total);
    for (int i = 0; i < n; i++)
        out[i] = divide(out[i], total);
}

static void rmsnorm(Value **x, Value **out)
{
    Value *sum = value(0, 0);
    for (int i = 0; i < N_EMBD; i++)
        sum = add(mul(x[i], x[i]), sum);
    Value *mean_square = mul(sum, power(value(N_EMBD, 0), -1));
    Value *scale = power(add(mean_square, value(1e-5, 0)), -0.5);
    for (int i = 0; i < N_EMBD; i++)
        out[i] = mul(x[i], scale);
}

static void attend(int li, int pos, Value **q, Value **heads)
{
    for (int h = 0; h < N_HEAD; h++) {
        int low = h * HEAD_DIM;
        Value *scores[BLOCK_SIZE], *attention[BLOCK_SIZE];
        for (int t = 0; t <= pos; t++) {
            Value *sum = value(0, 0);
            for (int j = 0; j < HEAD_DIM; j++)
                sum = add(mul(q[low + j], keys[li][t][low + j]), sum);
            scores[t] = mul_by(sum, 1 / sqrt(HEAD_DIM));
        }
        softmax(scores, pos + 1, attention);
        for (int j = 0; j < HEAD_DIM; j++) {
            Value *sum = value(0, 0);
            for (int t = 0; t <= pos; t++)
                sum = add(mul(attention[t], vals[li][t][low + j]), sum);
            heads[low + j] = sum;
        }
    }
}

static void gpt(int token, int pos, Value **logits)
{
    Value *x[N_EMBD], *residual[N_EMBD], *q[N_EMBD], *heads[N_EMBD], *wide[4 * N_EMBD];
    for (int i = 0; i < N_EMBD; i++)
        x[i] = add(wte.cells[token * N_EMBD + i], wpe.cells[pos * N_EMBD + i]);
    rmsnorm(x, x);
    for (int li = 0; li < N_LAYER; li++) {
        memcpy(residual, x, sizeof(x));
        rmsnorm(x, x);
        linear(x, layers[li].wq, q);
        linear(x, layers[li].wk, keys[li][pos]);
        linear(x, layers[li].wv, vals[li][pos]);
        attend(li, pos, q, heads);
        linear(heads, layers[li].wo, x);
        for (int i = 0; i < N_EMBD; i++)
            x[i] = add(x[i], residual[i]);
        memcpy(residual, x, sizeof(x));
        rmsnorm(x, x);
        linear(x, layers[li].fc1, wide);
        for (int i = 0; i < 4 * N_EMBD; i++)
            wide[i] = relu(wide[i]);
        linear(wide, layers[li].fc2, x);
        for (int i = 0; i < N_EMBD; i++)
            x[i] = add(x[i], residual[i]);
    }
    linear(x, lm_head, logits);
}

/* Training: one document a step, Adam with a learning rate that falls to zero. */

static Value *loss_on(Document doc, Value **logits, Value **probs)
{
    int n = doc.length + 1 < BLOCK_SIZE ? doc.length + 1 : BLOCK_SIZE;
    Value *sum = value(0, 0);
    for (int pos = 0; pos < n; pos++) {
        int token = pos == 0 ? bos : token_of(doc.letters[pos - 1]);
        int next = pos == doc.length ? bos : token_of(doc.letters[pos]);
        gpt(token, pos, logits);
        softmax(logits, vocab_size, probs);
        sum = add(mul_by(logarithm(probs[next]), -1), sum);
    }
    return mul_by(sum, 1.0 / n);
}

static void train(void)
{
    double learning_rate = 0.01, beta1 = 0.85, beta2 = 0.99, eps = 1e-8;
    double *moment1 = allocate((size_t)num_params * sizeof(double));
    double *moment2 = allocate((size_t)num_params * sizeof(double));
    Value **logits = allocate((size_t)vocab_size * sizeof(Value *));
    Value **probs = allocate((size_t)vocab_size * sizeof(Value *));
    Value *kept = latest;
    for (int step = 0; step < NUM_STEPS; step++) {
        Value *loss = loss_on(docs[step % num_docs], logits, probs);
        backward(loss);
        double lr = learning_rate * (1 - (double)step / NUM_STEPS);
        for (int i = 0; i < num_params; i++) {
            Value *p = params[i];
            moment1[i] = beta1 * moment1[i] + (1 - beta1) * p->grad;
            moment2[i] = beta2 * moment2[i] + (1 - beta2) * pow(p->grad, 2);
            double m_hat = moment1[i] / (1 - pow(beta1, step + 1));
            double v_hat = moment2[i] / (1 - pow(beta2, step + 1));
            p->data -= lr * m_hat / (sqrt(v_hat) + eps);
            p->grad = 0;
        }
        printf("step %4d / %4d | loss " LOSS_FORMAT "\r", step + 1, NUM_STEPS, loss->data);
        free_values(kept);
    }
    free(moment1);
    free(moment2);
    free(logits);
    free(probs);
}

/* Sampling: names that the model makes up. */

static int choose(Value **probs)
{
    double total = 0, running = 0;
    for (int i = 0; i < vocab_size; i++)
        total += probs[i]->data;
    double mark = uniform() * total;
    int chosen = 0;
    while (chosen < vocab_size - 1 && (running += probs[chosen]->data) <= mark)
        chosen++;
    return chosen;
}

static void sample_names(void)
{
    double temperature = 0.5;
    Value **logits = allocate((size_t)vocab_size * sizeof(Value *));
    Value **probs = allocate((size_t)vocab_size * sizeof(Value *));
    Value *kept = latest;
    printf("\n--- inference (new, hallucinated names) ---\n");
    for (int sample = 0; sample < NUM_SAMPLES; sample++) {
        int token = bos;
        printf("sample %2d: ", sample + 1);
        for (int pos = 0; pos < BLOCK_SIZE; pos++) {
            gpt(token, pos, logits);
            for (int i = 0; i < vocab_size; i++)
                logits[i] = mul_by(logits[i], 1 / temperature);
            softmax(logits, vocab_size, probs);
            token = choose(probs);
            if (token == bos)
                break;
            encode(chars[token], stdout);
        }
        printf("\n");
        free_values(kept);
    }
    free(logits);
    free(probs);
}

int main(void)
{
    seed_with(SEED);
    read_documents();
    for (int i = num_docs - 1; i > 0; i--) {
        int j = (int)below((uint32_t)(i + 1));
        Document kept = docs[i];
        docs[i] = docs[j];
        docs[j] = kept;
    }
    printf("num docs: %d\n", num_docs);
    collect_chars();
    printf("vocab size: %d\n", vocab_size);
    make_parameters();
    printf("num params: %d\n", num_params);
    train();
    sample_names();
    return 0;
}
