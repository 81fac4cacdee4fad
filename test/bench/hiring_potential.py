"""The pandas way of computing hiring potential, as a peer for
test/bench/hiring_potential.sh.

usage: hiring_potential.py CONNECTION vectorised|rowwise [DEPARTEMENTS]

"vectorised" does the whole of compute_hiring_potential as a careful engineer
writes it today, with numpy throughout, COPY both ways and integer keys:
département by département it counts hirings by semester, fits and tests a
linear regression for both families of contracts beside two naive predictions,
and predicts; then it estimates offices without history from like ones, makes
scores, compares them with those published, checks the models, and publishes
what passed, with the semesters that it rests on, scores per occupation, models,
checks and the flags of offices.  Its tables are new ones, with their keys, that
take the place of the old ones in one transaction: what such programs do, and
readers see one state.  What failed a check keeps the scores of before.

It does not know overrides, declared occupations, and other models than least
squares (none of these is in the benchmark), and needs no triggers.

"rowwise" counts months and makes scores with apply() on rows and writes with
INSERT, as the earlier project did, and does what that did: models, scores and
those per occupation, into empty tables.

Both read the tables bench_office and bench_hiring, stored in order of
département with an index on it, which is kinder to them than office and hiring.
"""
import io
import math
import sys
import time
import warnings

import numpy as np
import pandas as pd
import psycopg2
import psycopg2.extras
from sklearn.linear_model import LinearRegression

warnings.filterwarnings("ignore")
A, B, C, E = 10, 50, 100, 500
AS_OF = pd.Timestamp("2020-01-01")
PERIODS = 11
LAGS = 7
PRIOR_WEIGHT = 20
FAMILIES = ("", "_alternance")
EFFECTIF = {"00": 0, "01": 1, "02": 3, "03": 6, "11": 10, "12": 20, "21": 50, "22": 100,
            "31": 200, "32": 250, "41": 500, "42": 1000, "51": 2000, "52": 5000, "53": 10000}


def scores(h):
    """Score of hirings, on an array."""
    h = np.where(h <= 3, np.round(h, 1), np.floor(h + 0.5))
    high = 80 + 20 * np.log10(np.maximum(1 + h - C, 1e-9)) / np.log10(E)
    raw = np.select([h <= A, h >= E, h <= B, h <= C],
                    [50 * h / A, 100, 50 + 10 * (h - A) / (B - A), 60 + 20 * (h - B) / (C - B)], high)
    return np.floor(np.maximum(raw, 0) + 0.5).astype(int)


def score(h):
    """Score of hirings, on a number."""
    h = round(h, 1) if h <= 3 else math.floor(h + 0.5)
    if h <= A:
        raw = 50 * h / A
    elif h >= E:
        raw = 100
    elif h <= B:
        raw = 50 + 10 * (h - A) / (B - A)
    elif h <= C:
        raw = 60 + 20 * (h - B) / (C - B)
    else:
        raw = 80 + 20 * math.log10(1 + h - C) / math.log10(E)
    return int(math.floor(max(0, raw) + 0.5))


def gains(predicted, effective):
    order = np.argsort(-predicted, kind="stable")
    total = effective.sum()
    cumulated = np.concatenate([[0], np.cumsum(effective[order])])
    return [cumulated[len(predicted) * k // 100] / total if total else 0 for k in range(10, 100, 10)]


def occupations(connection):
    """Share of each occupation in an activity, and its least score."""
    affinity = pd.read_sql("SELECT rome_code, naf_code, hirings FROM jobmarket.rome_naf", connection)
    affinity["affinity"] = affinity.hirings / affinity.groupby("naf_code").hirings.transform("sum")
    tension = pd.read_sql("SELECT rome_code, tension_pct FROM jobmarket.rome_tension", connection)
    minimum = dict.fromkeys(affinity.rome_code, 20.0)
    minimum.update({r.rome_code: 5 + 15 * (100 - r.tension_pct) / 100 for r in tension.itertuples()})
    return affinity[["rome_code", "naf_code", "affinity"]], minimum


# Vectorised ------------------------------------------------------------------

def read(cursor, query, **how):
    """A query's rows by COPY, which is faster than fetching them."""
    buffer = io.BytesIO()
    cursor.copy_expert("COPY (" + query + ") TO STDOUT (FORMAT csv, HEADER)", buffer)
    buffer.seek(0)
    return pd.read_csv(buffer, true_values=["t"], false_values=["f"], keep_default_na=False,
                       na_values=[""], **how)


def write(cursor, frame, table):
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, header=False)
    buffer.seek(0)
    cursor.copy_expert("COPY %s (%s) FROM STDIN (FORMAT csv)" % (table, ", ".join(frame.columns)), buffer)


def verdict(test, x):
    """Errors and gains of a prediction of column 1 of x, one year back."""
    error = test - x[:, 1]
    return [(error ** 2).mean(), np.abs(error).mean()] + gains(test, x[:, 1])


def one_departement(cursor, departement, models):
    """Predictions for the offices with history, and what the prior needs."""
    offices = read(cursor, "SELECT siret, naf_code, headcount_class, has_place, junior, senior, handicap "
                   "FROM bench_office WHERE departement_code = '%s' ORDER BY siret" % departement,
                   dtype={"siret": str, "headcount_class": str})
    hirings = read(cursor, "SELECT siret, hired_on - DATE '1970-01-01' AS day, contract_type, age_bracket, disabled "
                   "FROM bench_hiring WHERE departement_code = '%s' AND hired_on < '%s'" % (departement, AS_OF.date()),
                   dtype={"age_bracket": "category", "contract_type": "int8", "day": "int32"})
    n = len(offices)
    offices["departement_code"] = departement
    code = pd.Index(offices.siret.astype("int64")).get_indexer(hirings.siret)
    hirings, code = hirings[code >= 0], code[code >= 0]
    day = hirings.day.values
    months = AS_OF.to_datetime64().astype("M8[M]").astype(int) - day.astype("M8[D]").astype("M8[M]").astype(int)
    period = (months - 1) // 6
    near = period < PERIODS
    cell = (code * 2 + (hirings.contract_type.values > 10)) * PERIODS + period
    counts = np.bincount(cell[near], minlength=n * 2 * PERIODS).reshape(n, 2, PERIODS)
    known = np.bincount(code, minlength=n) > 0

    year = (AS_OF.to_datetime64().astype("M8[D]").astype(int) - day) <= 365
    age = hirings.age_bracket.values

    def of_year(which):
        return np.bincount(code[year & which], minlength=n)
    total = of_year(True)
    offices["new_junior"] = (total > 0) & (of_year(np.asarray(age == "00-25")) * 100.0 >= total * 80)
    offices["new_senior"] = (total > 0) & (of_year(np.asarray(age == "51-99")) * 100.0 >= total * 16)
    offices["new_handicap"] = of_year(hirings.disabled.values) > 0

    offices["known"] = known
    offices["silent"] = ~counts[:, :, 2:2 + LAGS].any(axis=(1, 2))
    effectif = offices.headcount_class.map(EFFECTIF).fillna(1).values
    for k, family in enumerate(FAMILIES):
        offices["since" + family] = counts[:, k, 1]
        offices["raw_hirings" + family] = np.nan
        for lag in range(LAGS):
            offices["semester_%d%s" % (lag + 1, family)] = counts[:, k, lag]
        x = np.column_stack([counts[known, k], effectif[known]]).astype(float)

        def features(first):
            return x[:, list(range(first, first + LAGS)) + [PERIODS]]
        totals = x[:, :PERIODS].sum(axis=0)
        if not totals.any():
            continue
        model = LinearRegression().fit(features(4), x[:, 3])
        offices.loc[known, "raw_hirings" + family] = model.predict(features(0))
        test = verdict(model.predict(features(2)), x)
        last, same = verdict(x[:, 2], x), verdict(x[:, 3], x)
        models.append({"departement_code": departement, "contract": "alternance" if k else "dpae",
                       "offices": len(x), "intercept": model.intercept_, "coefficients": model.coef_.tolist(),
                       "rank": int(model.rank_),
                       "mse_train": ((model.predict(features(4)) - x[:, 3]) ** 2).mean(),
                       "mse": test[0], "mae": test[1], "gains": test[2:],
                       "mse_last_semester": last[0], "mae_last_semester": last[1], "gains_last_semester": last[2:],
                       "mse_last_year": same[0], "mae_last_year": same[1], "gains_last_year": same[2:],
                       "cv": totals.std(ddof=1) / totals.mean()})
    return offices


def fill_prior(offices):
    """Offices without history: what like ones that were silent hired since."""
    silent = offices[offices.silent]
    keys = [["headcount_class"], ["headcount_class", "naf_code"],
            ["headcount_class", "naf_code", "departement_code"]]
    for family in FAMILIES:
        since = silent["since" + family]
        mean = 0.0
        for depth, key in enumerate(keys):
            group = since.groupby([silent[k] for k in key], dropna=False)
            weight = PRIOR_WEIGHT if depth else 0
            mean = (group.transform("sum") + weight * mean) / (group.transform("size") + weight)
        there = offices.departement_code.isin(
            offices.departement_code[offices["raw_hirings" + family].notna()].unique())
        fill = ~offices.known & there
        offices.loc[fill, "raw_hirings" + family] = mean[fill[silent.index]]


def check(offices, models, published):
    """Rows (departement, contract, check, value, limit, verdict)."""
    rows = []
    offices = offices.join(published, on="siret", rsuffix="_before")
    facts = {m["departement_code"] + m["contract"]: m for m in models}
    for departement, group in offices.groupby("departement_code", sort=False):
        corsica = departement in ("2A", "2B")
        for contract, family in zip(("dpae", "alternance"), FAMILIES):
            model = facts.get(departement + contract, {})
            new, old = group["score" + family].values, group["score" + family + "_before"].values
            compared = ~np.isnan(old)
            difference = (new - old)[compared].mean() if compared.any() else np.nan
            above, before = (new > 50).sum(), (old > 50).sum()
            for name, value, limit, applies, good, otherwise in (
                    ("training_offices", model.get("offices", 0), 50, model or contract == "dpae",
                     model.get("offices", 0) >= 50, "fail"),
                    ("geocoding", group.has_place.mean(), 0.75, contract == "dpae", group.has_place.mean() >= 0.75, "flag"),
                    ("variation", model.get("cv"), 3, model and not corsica, model.get("cv", 0) < 3, "fail"),
                    ("mse_test", model.get("mse"), 4000, model, model.get("mse", 0) < 4000, "fail"),
                    ("baseline", model.get("mse"), min(model.get("mse_last_semester", 0), model.get("mse_last_year", 0)),
                     model, model.get("mse", 0) < min(model.get("mse_last_semester", 0), model.get("mse_last_year", 0)),
                     "flag"),
                    ("mean_difference", difference, 30, compared.any() and not corsica, abs(difference) < 30, "fail"),
                    ("high_score_change", 100 * abs(above - before) / max(before, 1), 1e6,
                     before > 0 and not corsica,
                     100 * abs(above - before) / max(before, 1) < 1e6, "fail"),
                    ("high_score_offices", above, 0, contract == "dpae" and not corsica, above >= 0, "fail"),
                    ("offices_above_50", (new >= 50).sum(), 0, True, (new >= 50).sum() >= 0, "fail")):
                rows.append((departement, contract, name, value, limit,
                             "skip" if not applies else "pass" if good else otherwise))
    return pd.DataFrame(rows, columns=["departement_code", "contract", "check_name", "value", "limit_value", "verdict"])


TABLES = """
CREATE TABLE new_score (siret text, as_of date, hirings float8 CHECK (hirings >= 0), raw_hirings float8, score smallint,
    method text, %s, hirings_alternance float8 CHECK (hirings_alternance >= 0), raw_hirings_alternance float8,
    score_alternance smallint, %s);
CREATE TABLE new_rome_score (siret text, contract text, rome_code text, score smallint NOT NULL);
CREATE TABLE new_check (departement_code text, contract text, check_name text, value float8, limit_value float8,
    verdict text);
CREATE TABLE new_model (departement_code text, contract text, model jsonb);
""" % tuple(", ".join("semester_%d%s integer" % (i + 1, f) for i in range(LAGS)) for f in FAMILIES)
KEYS = """
ALTER TABLE new_score ADD PRIMARY KEY (siret), ADD FOREIGN KEY (siret) REFERENCES bench_office;
ALTER TABLE new_rome_score ADD PRIMARY KEY (siret, contract, rome_code), ADD FOREIGN KEY (siret) REFERENCES bench_office;
CREATE INDEX ON new_rome_score (rome_code, contract, score);
ALTER TABLE new_check ADD PRIMARY KEY (departement_code, contract, check_name);
ALTER TABLE new_model ADD PRIMARY KEY (departement_code, contract);
"""


def keep_failed(cursor, checks):
    """The scores of before where a check failed."""
    for contract, family in zip(("dpae", "alternance"), FAMILIES):
        failed = checks[(checks.contract == contract) & (checks.verdict == "fail")].departement_code.unique().tolist()
        if not failed:
            continue
        columns = ["%s%s" % (c, family) for c in ["hirings", "raw_hirings", "score"]
                   + ["semester_%d" % (i + 1) for i in range(LAGS)]]
        cursor.execute("UPDATE new_score n SET (%s) = (SELECT %s FROM bench_score o WHERE o.siret = n.siret) "
                       "FROM bench_office b WHERE b.siret = n.siret AND b.departement_code = ANY (%%s)"
                       % (", ".join(columns), ", ".join("o." + c for c in columns)), [failed])


def publish(cursor, offices, models, checks, affinity, minimum):
    cursor.execute(TABLES)
    columns = ["siret", "as_of", "method"]
    semesters = []
    for family in FAMILIES:
        columns += [c + family for c in ("hirings", "raw_hirings", "score")]
        semesters += ["semester_%d%s" % (i + 1, family) for i in range(LAGS)]
    offices["as_of"] = AS_OF.date()
    offices["method"] = np.where(offices.known, "model", "prior")
    write(cursor, offices.loc[offices.known, columns + semesters], "new_score")
    write(cursor, offices.loc[~offices.known, columns], "new_score")

    romes = []
    for contract, family, least in (("dpae", "", A), ("alternance", "_alternance", A * 20 / 50)):
        big = offices.loc[offices["hirings" + family] >= least, ["siret", "naf_code", "hirings" + family]].merge(
            affinity, on="naf_code")
        big["score"] = scores((big["hirings" + family] * big.affinity).values)
        big["contract"] = contract
        romes.append(big.loc[big.score >= big.rome_code.map(minimum), ["siret", "contract", "rome_code", "score"]])
    write(cursor, pd.concat(romes), "new_rome_score")
    write(cursor, checks, "new_check")
    psycopg2.extras.execute_values(cursor, "INSERT INTO new_model VALUES %s", [
        (m["departement_code"], m["contract"], psycopg2.extras.Json(m)) for m in models])
    cursor.execute(KEYS)
    keep_failed(cursor, checks)

    flags = ["junior", "senior", "handicap"]
    changed = offices[(offices[flags].values != offices[["new_" + f for f in flags]].values).any(axis=1)]
    cursor.execute("CREATE TEMP TABLE flags (siret text, new_junior boolean, new_senior boolean, new_handicap boolean)")
    write(cursor, changed[["siret"] + ["new_" + f for f in flags]], "flags")
    cursor.execute("ANALYZE flags; UPDATE bench_office o SET junior = new_junior, senior = new_senior, "
                   "handicap = new_handicap FROM flags f WHERE f.siret = o.siret; DROP TABLE flags")
    for table in ("score", "rome_score", "check", "model"):
        cursor.execute("DROP TABLE IF EXISTS bench_%s; ALTER TABLE new_%s RENAME TO bench_%s" % (table, table, table))


def vectorised(connection, departements):
    cursor = connection.cursor()
    affinity, minimum = occupations(connection)
    models = []
    offices = pd.concat([one_departement(cursor, d, models) for d in departements], ignore_index=True)
    fill_prior(offices)
    for family in FAMILIES:
        offices["hirings" + family] = np.maximum(offices["raw_hirings" + family], 0).fillna(0)
        offices["score" + family] = scores(offices["hirings" + family].values)
    cursor.execute("SELECT to_regclass('bench_score') IS NOT NULL")
    published = pd.DataFrame({"score": [], "score_alternance": []}, index=pd.Index([], dtype=str), dtype=float)
    if cursor.fetchone()[0]:
        published = read(cursor, "SELECT siret, score, score_alternance FROM bench_score",
                         dtype={"siret": str}).set_index("siret")
    checks = check(offices, models, published)
    publish(cursor, offices, models, checks, affinity, minimum)
    connection.commit()


# Row by row -------------------------------------------------------------------

def rowwise_departement(connection, departement, affinity, minimum):
    offices = pd.read_sql("SELECT siret, naf_code, headcount_class FROM bench_office "
                          "WHERE departement_code = %s", connection, params=[departement])
    hirings = pd.read_sql("SELECT siret, hired_on, contract_type FROM bench_hiring "
                          "WHERE departement_code = %s", connection, params=[departement],
                          parse_dates=["hired_on"])
    result = offices[["siret"]].copy()
    effectif = offices.headcount_class.map(EFFECTIF).fillna(1)
    hirings["month"] = hirings.apply(
        lambda r: (AS_OF.year - r.hired_on.year) * 12 + AS_OF.month - r.hired_on.month, axis=1)
    hirings["alternance"] = hirings.apply(lambda r: r.contract_type in (11, 12), axis=1)
    hirings["period"] = (hirings.month - 1) // 6 + 1
    known = offices.siret.isin(hirings.siret)
    for family, alternance in (("dpae", False), ("alternance", True)):
        rows = hirings[(hirings.alternance == alternance) & hirings.period.between(1, PERIODS)]
        counts = (rows.groupby(["siret", "period"]).size().unstack(fill_value=0)
                  .reindex(index=offices.siret, columns=range(1, PERIODS + 1), fill_value=0))
        counts = counts[known.values]
        x = np.column_stack([counts.values, effectif[known].values]).astype(float)

        def features(first):
            return x[:, list(range(first - 1, first + 6)) + [PERIODS]]
        totals = x[:, :PERIODS].sum(axis=0)
        if len(x) < 50 or totals.std(ddof=1) / totals.mean() >= 3:
            continue
        model = LinearRegression().fit(features(5), x[:, 3])
        if ((model.predict(features(3)) - x[:, 1]) ** 2).mean() >= 4000:
            continue
        live = np.maximum(model.predict(features(1)), 0)
        result.loc[known, family] = live
        result.loc[known, family + "_score"] = pd.Series(live).apply(score).values
    result = result[known].join(offices[["naf_code", "headcount_class"]])
    big = result[result.dpae >= A].merge(affinity, on="naf_code")
    big["score"] = (big.dpae * big.affinity).apply(score)
    big = big[big.score >= big.rome_code.map(minimum)]
    cursor = connection.cursor()
    psycopg2.extras.execute_batch(
        cursor, "INSERT INTO bench_rowwise_score VALUES (%s, %s, %s, %s, %s)",
        result[["siret", "dpae", "dpae_score", "alternance", "alternance_score"]].astype(object).values.tolist(),
        page_size=500)
    psycopg2.extras.execute_batch(
        cursor, "INSERT INTO bench_rowwise_rome_score VALUES (%s, %s, %s)",
        big[["siret", "rome_code", "score"]].astype(object).values.tolist(), page_size=500)
    connection.commit()


def rowwise(connection, departements):
    affinity, minimum = occupations(connection)
    connection.cursor().execute(
        "CREATE TEMP TABLE bench_rowwise_score (siret text PRIMARY KEY, dpae float8, dpae_score float8,"
        " alternance float8, alternance_score float8);"
        "CREATE TEMP TABLE bench_rowwise_rome_score (siret text, rome_code text, score int,"
        " PRIMARY KEY (siret, rome_code))")
    for departement in departements:
        rowwise_departement(connection, departement, affinity, minimum)


def main():
    connection = psycopg2.connect(sys.argv[1])
    cursor = connection.cursor()
    cursor.execute("SELECT DISTINCT departement_code FROM bench_office ORDER BY 1")
    departements = [r[0] for r in cursor.fetchall()]
    if len(sys.argv) > 3:
        departements = departements[:int(sys.argv[3])]
    started = time.time()
    {"vectorised": vectorised, "rowwise": rowwise}[sys.argv[2]](connection, departements)
    print("%.2f" % (time.time() - started))


main()
