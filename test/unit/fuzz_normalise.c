/*
 * fuzz_normalise.c
 *		Folding keeps its promises on any bytes.
 */
#include "text/literals.h"
#include "text/salary.h"
#include "text_env.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *folded = malloc(JM_NORMALISED_MAX(size));
	unsigned char *flags = malloc(JM_NORMALISED_MAX(size));
	char	   *title = malloc(2 * JM_NORMALISED_MAX(size));
	size_t		n = jm_normalise((const char *) data, size, folded, flags, size % 2, NULL);
	size_t		i;

	if (n > JM_NORMALISED_MAX(size))
		abort();
	for (i = 0; i < n; i++)
		if ((folded[i] >= 0 && folded[i] < 32) || (folded[i] >= 65 && folded[i] <= 90) ||
			(folded[i] == 32 && (i == 0 || i == n - 1 || folded[i - 1] == 32)))
			abort();
	n = jm_normalise_title((const char *) data, size, folded, title, NULL);
	if (n > 2 * JM_NORMALISED_MAX(size) || (n > 0 && (title[0] == 32 || title[n - 1] == 32)))
		abort();
	jm_clean_text((const char *) data, size, title, NULL);
	free(folded);
	free(flags);
	free(title);
	return 0;
}
