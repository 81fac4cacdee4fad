# jobmarket: build with PGXS.  `make`, `make install`, `make installcheck`
# (against a running server), `make unit` (plain programs under sanitizers).
# sh test/run.sh does all of it on a throwaway cluster.

EXTENSION = jobmarket
EXTVERSION = 0.1.0
MODULE_big = jobmarket

# One line a topic, so that a forgotten file is seen in review.
OBJS_core = src/core/guc.o src/core/jobmarket.o src/core/shared_memory.o src/core/subxact.o
OBJS_geo = src/geo/area.o src/geo/area_check.o src/geo/area_draw.o src/geo/area_grid.o src/geo/area_outline.o \
	src/geo/arguments.o src/geo/builder.o src/geo/geometry.o \
	src/geo/isochrone.o src/geo/network.o src/geo/remote.o src/geo/road.o \
	src/geo/road_build.o src/geo/search.o src/geo/snap.o src/geo/travel_time.o
OBJS_hiring = src/hiring/csv.o src/hiring/forecast.o src/hiring/forecast_read.o \
	src/hiring/forecast_rows.o src/hiring/forecast_sql.o \
	src/hiring/gains.o src/hiring/hiring_sql.o \
	src/hiring/lsq.o src/hiring/names_sql.o src/hiring/poisson.o src/hiring/regression.o \
	src/hiring/score.o src/hiring/score_sql.o src/hiring/semester.o \
	src/hiring/tally.o src/hiring/tally_sql.o
OBJS_http = src/http/address.o src/http/client.o src/http/events.o src/http/fetch_token.o \
	src/http/gcra.o src/http/headers.o src/http/options.o src/http/outcome.o \
	src/http/quota.o src/http/retry.o src/http/secret.o src/http/server.o src/http/shared.o \
	src/http/token.o src/http/transfer.o src/http/url.o
OBJS_json = src/json/json.o src/json/json_repair.o src/json/json_text.o
OBJS_offers = src/offers/attributes.o src/offers/criteria.o src/offers/decode.o src/offers/fetch.o src/offers/harvest.o \
	src/offers/harvest_cell.o src/offers/harvest_end.o src/offers/harvest_loop.o \
	src/offers/harvest_plan.o src/offers/harvest_run.o src/offers/harvest_sql.o src/offers/head.o \
	src/offers/iso8601.o src/offers/load.o src/offers/load_checks.o \
	src/offers/load_errors.o src/offers/load_sql.o src/offers/load_store.o src/offers/load_write.o \
	src/offers/offers.o src/offers/page.o src/offers/plan.o src/offers/plan_bounds.o \
	src/offers/plan_cell.o src/offers/plan_cut.o src/offers/plan_list.o src/offers/plan_split.o \
	src/offers/plan_walk.o src/offers/progress.o src/offers/query.o src/offers/search.o
OBJS_text = src/text/automaton.o src/text/data_fold.o src/text/durations.o src/text/gazetteer.o \
	src/text/keyword_search.o src/text/keywords.o src/text/label_words.o src/text/literals.o src/text/metier.o src/text/normalise.o \
	src/text/place_label.o src/text/place_names.o src/text/place_search.o src/text/places.o src/text/role_check.o \
	src/text/role_rules.o src/text/roles.o src/text/rules.o \
	src/text/salary.o src/text/salary_period.o src/text/search_document.o src/text/text.o src/text/title.o src/text/understand.o
OBJS = $(OBJS_core) $(OBJS_geo) $(OBJS_hiring) $(OBJS_http) $(OBJS_json) \
	$(OBJS_offers) $(OBJS_text)

# The install script is these files, in this order.
SQL_PARTS = sql/core.sql sql/reference.sql sql/text.sql sql/roles.sql sql/keywords.sql \
	sql/keyword_dictionary.sql sql/places.sql sql/http.sql sql/offers.sql sql/understand.sql sql/fetch.sql \
	sql/referential.sql sql/harvest.sql sql/maintenance.sql \
	sql/regression.sql sql/score.sql sql/offices.sql sql/hiring.sql sql/tally.sql \
	sql/rome_score.sql sql/override.sql sql/potential.sql sql/forecast.sql \
	sql/gains.sql sql/rome_refresh.sql sql/compute.sql sql/publish.sql \
	sql/predictions.sql \
	sql/roads.sql sql/isochrone.sql sql/isochrone_remote.sql sql/rights.sql

DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)

REGRESS = core text roles role_titles keywords places http offers understand fetch maintenance \
	regression score offices hiring tally override forecast potential \
	roads isochrone isochrone_remote lint
# An output folder of its own: pg_regress would otherwise take ./sql/TOPIC.sql,
# a part of the install script, for the test of that name.
REGRESS_OPTS = --inputdir=test --outputdir=tmp_check/regress --load-extension=postgis
# interleavings of sessions: test/specs, expected results beside the others
ISOLATION = isolation_hiring
ISOLATION_OPTS = --inputdir=test --outputdir=tmp_check/isolation \
	--load-extension=postgis --load-extension=jobmarket
TAP = $(wildcard test/t/*.pl)

PKG_CONFIG ?= pkg-config
PKGS = libcurl jansson
PG_CPPFLAGS = -Isrc $(shell $(PKG_CONFIG) --cflags $(PKGS))
SHLIB_LINK = $(shell $(PKG_CONFIG) --libs $(PKGS))

# Debian's liblapack.so.3 may be OpenBLAS, which starts threads when it is
# loaded, and a server process must have none.  The reference LAPACK lies in
# folders of its own; RPATH, unlike RUNPATH, holds for its dependency BLAS too.
LAPACK_DIRS = $(wildcard /usr/lib/$(shell $(CC) -print-multiarch)/lapack \
	/usr/lib/$(shell $(CC) -print-multiarch)/blas)
SHLIB_LINK += $(LAPACK_DIRS:%=-L%) -llapack -lblas -Wl,--disable-new-dtags \
	$(LAPACK_DIRS:%=-Wl,-rpath,%)

# The server's headers keep us from -Wunused-parameter (fmgr), sign comparison
# and missing initializers (its own macros); everything else is an error.
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers
ifneq ($(findstring clang,$(CC)),)
# The server was built by gcc, and some of its flags are unknown to clang.
PG_CFLAGS += -Wno-ignored-optimization-argument -Wno-unknown-warning-option -Wno-ignored-attributes
endif
PG_CFLAGS += $(EXTRA_CFLAGS)
SHLIB_LINK += $(EXTRA_LDFLAGS)

EXTRA_CLEAN = $(DATA_built) test/unit/bin

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS does not track headers, and they are few: any of them rebuilds all.
$(OBJS): $(wildcard src/*/*.h)

$(DATA_built): $(SQL_PARTS) jobmarket.control
	cat $(SQL_PARTS) > $@

.PHONY: unit prove
unit:
	$(MAKE) -C test/unit check

installcheck: | tmp_check/regress tmp_check/isolation
tmp_check/regress tmp_check/isolation:
	mkdir -p $@

# TAP tests refuse root; test/run.sh runs this as an ordinary user.
prove:
	mkdir -p tmp_check
	TESTDIR='$(CURDIR)' PATH="$(bindir):$$PATH" PGPORT='6$(DEF_PGPORT)' \
	PG_REGRESS='$(pgxsdir)/src/test/regress/pg_regress' \
	$(PROVE) -I $(pgxsdir)/src/test/perl -I test/t $(PROVE_FLAGS) $(TAP)
