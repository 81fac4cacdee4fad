/*
 * plan_split.c
 *		A window that dates cannot make small enough, split by other criteria.
 */
#include "offers/plan_internal.h"

/* A part is finished; when it was the last, so is the whole. */
void
jm_plan_finish_part(JmPlan *plan, JmSplit *split, JmCellStatus status, int64_t expected)
{
	while (split)
	{
		JmSplit    *parent = split->parent;
		JmCell	   *cell = split->cell;

		split->pending--;
		split->expected += expected;
		split->failed = split->failed || status == JM_CELL_FAILED;
		split->truncated = split->truncated || status == JM_CELL_TRUNCATED;
		if (split->pending > 0)
			return;

		/*
		 * Fewer than the whole had: either some went meanwhile, or no part
		 * can reach them, being without the criterion.  Counting again tells.
		 */
		if (!split->failed && !split->truncated && !split->recounted &&
			split->expected < cell->expected)
		{
			JmSpan	   *span = jm_plan_new_span(plan, cell->origin, cell->from, cell->to, &cell->filter);

			split->recounted = true;
			split->pending = 1;
			span->recount = true;
			span->split = split;
			jm_plan_push_front(plan, span);
			return;
		}
		/* offers that no part can reach make the difference */
		cell->received = split->expected;
		if (split->failed)
		{
			cell->status = JM_CELL_FAILED;
			cell->problem = "some of its parts could not be read";
		}
		else if (split->truncated || split->expected < cell->expected)
		{
			cell->status = JM_CELL_TRUNCATED;
			cell->problem = "its parts do not hold all its offers";
		}
		else
			cell->status = JM_CELL_SPLIT;
		status = cell->status;
		expected = cell->expected;
		jm_plan_hand_over(plan, cell);
		jm_plan_discard(plan, split);
		split = parent;
	}
}

static const char domains[] = "ABCDEFGHIJKLMN";

/* Index and number of the ROME codes of a domain (the list is sorted). */
static void
romes_of(const JmPlan *plan, char domain, int *first, int *count)
{
	*first = 0;
	while (*first < plan->nromes && domain && plan->romes[*first][0] != domain)
		(*first)++;
	*count = 0;
	while (*first + *count < plan->nromes &&
		   (domain == 0 || plan->romes[*first + *count][0] == domain))
		(*count)++;
}

static bool
same_filter(const JmPlanFilter *a, const JmPlanFilter *b)
{
	return a->domain == b->domain &&
		a->departement_first == b->departement_first &&
		a->departement_count == b->departement_count &&
		a->rome_first == b->rome_first && a->rome_count == b->rome_count;
}

static void
add_part(JmPlan *plan, JmSplit *split, const JmSpan *whole, const JmPlanFilter *filter)
{
	JmSpan	   *span;

	split->pending++;
	for (JmDone *done = plan->done; done; done = done->next)
		if (done->origin == whole->origin && done->from == whole->from &&
			done->to == whole->to && same_filter(&done->filter, filter))
		{
			split->expected += done->expected;
			split->pending--;
			return;
		}
	span = jm_plan_new_span(plan, whole->origin, whole->from, whole->to, filter);
	span->split = split;
	span->grows = whole->grows;
	jm_plan_push_front(plan, span);
}

/* Parts of a list of n codes from first: groups, or halves of a group. */
static void
add_groups(JmPlan *plan, JmSplit *split, const JmSpan *whole, JmPlanFilter filter,
		   bool romes, int first, int n, int group)
{
	for (int i = 0; i < n; i += group)
	{
		int			count = n - i < group ? n - i : group;

		if (romes)
		{
			filter.rome_first = first + i;
			filter.rome_count = count;
		}
		else
		{
			filter.departement_first = first + i;
			filter.departement_count = count;
		}
		add_part(plan, split, whole, &filter);
	}
}

/*
 * Splits a window that dates cannot split: by grand domaine, then groups of
 * départements down to one, then groups of ROME codes down to one.  false
 * when nothing is left to split by.
 */
bool
jm_plan_split_by_filter(JmPlan *plan, JmSpan *whole, int64_t total)
{
	JmSplit    *split;
	JmPlanFilter filter = whole->filter;
	int			first,
				count;

	if (plan->ndepartements == 0 && plan->nromes == 0)
		return false;			/* the caller's own criteria are in the way */
	romes_of(plan, filter.domain, &first, &count);
	if (filter.rome_count == 1 ||
		(filter.domain && filter.departement_count == 1 && filter.rome_count == 0 && count == 0))
		return false;

	split = jm_plan_make(plan, sizeof(JmSplit));
	split->parent = whole->split;
	split->cell = jm_plan_new_cell(plan, whole, total);
	split->cell->npages = 0;
	split->pending = 1;			/* until all parts are added */
	if (filter.domain == 0)
	{
		for (const char *d = domains; *d; d++)
		{
			filter.domain = *d;
			add_part(plan, split, whole, &filter);
		}
	}
	else if (filter.departement_count == 0)
		add_groups(plan, split, whole, filter, false, 0, plan->ndepartements, 5);
	else if (filter.departement_count > 1)
		add_groups(plan, split, whole, filter, false, filter.departement_first,
				   filter.departement_count, 1);
	else if (filter.rome_count == 0)
		add_groups(plan, split, whole, filter, true, first, count, 200);
	else
		add_groups(plan, split, whole, filter, true, filter.rome_first, filter.rome_count,
				   (filter.rome_count + 1) / 2);
	/* the count of one taken above is given back here */
	jm_plan_finish_part(plan, split, JM_CELL_COMPLETE, 0);
	return true;
}
