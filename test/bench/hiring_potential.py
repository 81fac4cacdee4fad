"""The pandas way of computing hiring potential, as a peer for
test/bench/hiring_potential.sh.

usage: hiring_potential.py CONNECTION vectorised|rowwise [DEPARTEMENTS]

Works département by département as the earlier project did: reads offices and
hirings from the database, counts hirings by semester, fits and tests a linear
regression for both families of contracts, predicts, turns hirings into scores,
scores each office for each occupation of its activity, and writes the results
back.  "vectorised" is what a careful engineer writes today: groupby and numpy
throughout, COPY to write.  "rowwise" counts months and makes scores with
apply() on rows and writes with INSERT, as the original did.  Both read the
tables bench_office and bench_hiring, stored in order of département with an
index on it, which is kinder to them than the original's tables.
"""
import io
import math
import sys
import time

import numpy as np
import pandas as pd
import psycopg2
import psycopg2.extras
import warnings
from sklearn.linear_model import LinearRegression

warnings.filterwarnings("ignore")
A, B, C, E = 10, 50, 100, 500
AS_OF = pd.Timestamp("2020-01-01")
PERIODS = 11
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


def one_departement(connection, departement, rowwise, affinity, minimum):
    offices = pd.read_sql("SELECT siret, naf_code, headcount_class FROM bench_office "
                          "WHERE departement_code = %s", connection, params=[departement])
    hirings = pd.read_sql("SELECT siret, hired_on, contract_type FROM bench_hiring "
                          "WHERE departement_code = %s", connection, params=[departement],
                          parse_dates=["hired_on"])
    result = offices[["siret"]].copy()
    effectif = offices.headcount_class.map(EFFECTIF).fillna(1)
    if rowwise:
        hirings["month"] = hirings.apply(
            lambda r: (AS_OF.year - r.hired_on.year) * 12 + AS_OF.month - r.hired_on.month, axis=1)
        hirings["alternance"] = hirings.apply(lambda r: r.contract_type in (11, 12), axis=1)
    else:
        hirings["month"] = ((AS_OF.year - hirings.hired_on.dt.year) * 12
                            + AS_OF.month - hirings.hired_on.dt.month)
        hirings["alternance"] = hirings.contract_type > 10
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
        test = model.predict(features(3))
        mse = ((test - x[:, 1]) ** 2).mean()
        for p in (test, x[:, 2], x[:, 3]):
            gains(p, x[:, 1])
        if mse >= 4000:
            continue
        live = np.maximum(model.predict(features(1)), 0)
        result.loc[known, family] = live
        result.loc[known, family + "_score"] = (pd.Series(live).apply(score).values if rowwise
                                                else scores(live))
    result = result[known].join(offices[["naf_code", "headcount_class"]])
    big = result[result.dpae >= A].merge(affinity, on="naf_code")
    adjusted = big.dpae * big.affinity
    big["score"] = adjusted.apply(score) if rowwise else scores(adjusted.values)
    big = big[big.score >= big.rome_code.map(minimum)]
    cursor = connection.cursor()
    columns = ["siret", "dpae", "dpae_score", "alternance", "alternance_score"]
    if rowwise:
        psycopg2.extras.execute_batch(
            cursor, "INSERT INTO bench_score VALUES (%s, %s, %s, %s, %s)",
            result[columns].astype(object).values.tolist(), page_size=500)
        psycopg2.extras.execute_batch(
            cursor, "INSERT INTO bench_rome_score VALUES (%s, %s, %s)",
            big[["siret", "rome_code", "score"]].astype(object).values.tolist(), page_size=500)
    else:
        for frame, table in ((result[columns], "bench_score"),
                             (big[["siret", "rome_code", "score"]], "bench_rome_score")):
            buffer = io.StringIO()
            frame.to_csv(buffer, index=False, header=False)
            buffer.seek(0)
            cursor.copy_expert("COPY " + table + " FROM STDIN (FORMAT csv)", buffer)
    connection.commit()


def main():
    connection = psycopg2.connect(sys.argv[1])
    rowwise = sys.argv[2] == "rowwise"
    cursor = connection.cursor()
    cursor.execute("SELECT DISTINCT departement_code FROM bench_office ORDER BY 1")
    departements = [r[0] for r in cursor.fetchall()]
    if len(sys.argv) > 3:
        departements = departements[:int(sys.argv[3])]
    cursor.execute("DROP TABLE IF EXISTS bench_score, bench_rome_score;"
                   "CREATE TABLE bench_score (siret text PRIMARY KEY, dpae float8, dpae_score float8,"
                   " alternance float8, alternance_score float8);"
                   "CREATE TABLE bench_rome_score (siret text, rome_code text, score int,"
                   " PRIMARY KEY (siret, rome_code))")
    started = time.time()
    affinity = pd.read_sql("SELECT rome_code, naf_code, hirings FROM jobmarket.rome_naf", connection)
    affinity["affinity"] = affinity.hirings / affinity.groupby("naf_code").hirings.transform("sum")
    tension = pd.read_sql("SELECT rome_code, tension_pct FROM jobmarket.rome_tension", connection)
    minimum = dict.fromkeys(affinity.rome_code, 20.0)
    minimum.update({r.rome_code: 5 + 15 * (100 - r.tension_pct) / 100 for r in tension.itertuples()})
    for departement in departements:
        one_departement(connection, departement, rowwise, affinity, minimum)
    print("%.2f" % (time.time() - started))


main()
