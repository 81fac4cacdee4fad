/*
 * fuzz_keywords.c
 *		Texts and patterns of any bytes are searched within their bounds.
 */
#include "text/literals.h"
#include "text/salary.h"
#include "text_env.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static JmDictionary dictionary;
	static JmVariant variants[9];
	static const char *context[] = {" de bord", "x"};
	static int	needs[] = {1};
	char	   *folded = malloc(JM_NORMALISED_MAX(size));
	unsigned char *flags = malloc(JM_NORMALISED_MAX(size));
	unsigned char found[9];
	JmRequired	literals;
	int			i;
	int			kept = env_count;

	if (dictionary.automaton == NULL)
	{
		static const char *const words[] = {"C", "C++", "aa", "aaa", "a a", "a a a", ".a", "R", "b"};

		for (i = 0; i < 9; i++)
		{
			env_variant(&variants[i], i, words[i], i % 3);
			variants[i].covers = i % 2 == 0;
			variants[i].n_not_before = variants[i].n_not_after = i % 3;
			variants[i].not_before = variants[i].not_after = context;
			variants[i].n_needs = i > 6;
			variants[i].needs = needs;
		}
		dictionary.n_keywords = dictionary.n_variants = 9;
		dictionary.variants = variants;
		jm_dictionary_compile(&dictionary, &env_allocator);
		kept = env_count;
	}
	jm_find_keywords(&dictionary, folded, flags,
					 jm_normalise((const char *) data, size, folded, flags, JM_HYPHEN_IS_SPACE, NULL), found, NULL);
	for (i = 0; i < 9; i++)
		if (found[i] > 1)
			abort();
	jm_required_literals((const char *) data, size, &env_allocator, &literals);
	while (env_count > kept)
		free(env_blocks[--env_count]);
	free(folded);
	free(flags);
	return 0;
}
