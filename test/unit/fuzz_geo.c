/*
 * fuzz_geo.c
 *		libFuzzer target: a compiled road network in which bytes were changed
 *		after its checksum was verified.  Whatever they say, nearest edge,
 *		search and area must stay within memory and end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo_env.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The input is a list of changes: two bytes of place, one of value.  The
 * first byte of all says whether the header is changed too.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const JmAreaOptions options = {150, 5, 2000, 40000, 0.01, 0.02};
	static char *pristine = NULL;
	static size_t bytes;
	JmNetwork	net;
	char	   *block;
	JmNodeCost *cells;
	JmSearch	search;
	JmShape		shape = {0};
	JmPlace		place;
	JmPoint		middle = town_point(4, 4);
	JmRoadHeader *head;
	size_t		i;

	if (pristine == NULL)
	{
		JmRoadHeader identity = town_identity();

		pristine = jm_builder_finish(town(9, &plain_env), &identity, &bytes);
	}
	if (size < 1)
		return 0;
	block = malloc(bytes);
	memcpy(block, pristine, bytes);
	for (i = 1; i + 2 < size; i += 3)
	{
		size_t		at = (size_t) data[i] << 8 | data[i + 1];

		if (data[0] & 1)
			at %= bytes;
		else
			at = JM_HEADER_SIZE + at % (bytes - JM_HEADER_SIZE);
		block[at] = (char) data[i + 2];
	}
	head = (JmRoadHeader *) block;
	head->header_sum = jm_checksum(head, offsetof(JmRoadHeader, header_sum), 1);
	if (jm_network_open(&net, block, bytes, false) == NULL)
	{
		uint32_t	limits[2] = {30000, 90000};
		JmBytes		wkb[2] = {{0}, {0}};
		JmAreaReport report;

		cells = calloc((size_t) net.head.nodes + 1, sizeof(JmNodeCost));
		jm_search_init(&search, &net, cells, &plain_env);
		if (jm_snap(&net, middle.x / 1e7, middle.y / 1e7, 1000, &shape, &plain_env, &place) == JM_SNAP_FOUND &&
			jm_search_run(&search, &place, data[0] & 2, limits[1], NULL, 0))
			jm_area(&search, limits, 2, &options, wkb, &report, &plain_env);
		free(wkb[0].data);
		free(wkb[1].data);
		jm_search_free(&search);
		jm_shape_free(&shape, &plain_env);
		free(cells);
	}
	free(block);
	return 0;
}
