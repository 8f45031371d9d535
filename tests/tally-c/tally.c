/* Prints a wandering number for each round, then how many letters it met, slowly and with a good deal of memory. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 40
#define SEED 7
#define STATE_FORMAT "%.12f"

static char words[400][64];

int main(void)
{
    FILE *file = fopen("input.txt", "r");
    int count = 0;
    while (file && count < 400 && fgets(words[count], 64, file))
        words[count][strcspn(words[count], "\n")] = 0, count += words[count][0] != 0;
    double state = SEED;
    long met = 0;
    for (int turn = 0; turn < ROUNDS; turn++) {
        const char *word = words[turn % count];
        for (size_t i = 0; i < strlen(word); i++) {
            double *ballast = malloc(20000 * sizeof(double));
            double sum = 0;
            for (int k = 0; k < 20000; k++)
                ballast[k] = state + k;
            for (int k = 0; k < 20000; k++)
                sum += sin(ballast[k]);
            state = fmod(state * 1.1 + word[i] + sum / 1e3, 97.0);
            met++;
        }
        printf("turn %3d | state " STATE_FORMAT "\n", turn + 1, state);
    }
    printf("met: %ld\n", met);
    return 0;
}
