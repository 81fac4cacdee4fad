/*
 * fuzz_places.c
 *		Places of any bytes and coordinates are resolved or not, within the tables.
 */
#include "text/literals.h"
#include "text/salary.h"
#include "text_env.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static JmGazetteer *g = NULL;
	JmPlaceInput in = {0};
	JmPlace		place;

	if (g == NULL)
		g = env_gazetteer();
	in.latitude = in.longitude = NAN;
	if (size >= 18)
	{
		memcpy(&in.latitude, data, 8);
		memcpy(&in.longitude, data + 8, 8);
		if (data[16] & 1)
		{
			in.postal = (const char *) data + 17;
			in.postal_len = size - 17 < 5 ? size - 17 : 5;
		}
		data += 17;
		size -= 17;
	}
	in.label = (const char *) data;
	in.label_len = size;
	in.insee = in.label;
	in.insee_len = size % 7;
	if (in.insee_len > size)
		in.insee_len = size;
	jm_resolve_place(g, &in, &place);
	if (place.commune >= g->n_communes || place.departement >= g->n_departements ||
		!(place.confidence >= 0 && place.confidence <= 1))
		abort();
	return 0;
}
