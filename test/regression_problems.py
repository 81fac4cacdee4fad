"""Random least-squares problems with scikit-learn's predictions, for
test/t/050_regression.pl.

usage: regression_problems.py NUMBER > problems.tsv
Columns: problem, row, kind, y, x as an array literal, prediction.
"""
import sys

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

KINDS = ("plain", "ill-conditioned", "rank-deficient", "constant", "offset",
         "tall", "thin", "counts", "ridge")


def problem(kind, rng):
    n = int(rng.integers(30, 400))
    p = int(rng.integers(1, 11))
    if kind == "tall":
        n, p = 20000, 3
    if kind == "thin":
        p = int(rng.integers(5, 30))
        n = int(rng.integers(2, p + 1))
    x = rng.standard_normal((n, p))
    if kind == "ill-conditioned":
        p = max(p, 2)
        u = np.linalg.qr(rng.standard_normal((n, p)))[0]
        v = np.linalg.qr(rng.standard_normal((p, p)))[0]
        x = u @ np.diag(np.logspace(0, -rng.uniform(1, 6), p)) @ v.T
    elif kind == "rank-deficient":
        x = np.column_stack([x, x[:, 0] * 2, x.sum(axis=1), x[:, -1]])
    elif kind == "constant":
        x = np.column_stack([x, np.full(n, rng.uniform(-100, 100)), np.full(n, 0.1)])
    elif kind == "offset":
        x = x + 1e6 * rng.uniform(0.5, 1, p)
    elif kind == "counts":
        x = rng.poisson(rng.lognormal(0, 2, (n, 1)), (n, p)).astype(float)
    y = x @ rng.standard_normal(x.shape[1]) + rng.uniform(0, 2) * rng.standard_normal(n)
    if kind == "offset":
        y = y + 1e6
    model = Ridge(alpha=2.5, solver="svd") if kind == "ridge" else LinearRegression()
    prediction = model.fit(x, y).predict(x)
    centred = x - x.mean(axis=0)
    if kind == "rank-deficient" and model.rank_ > np.linalg.matrix_rank(centred):
        # LinearRegression drops singular values below 1 eps only, and sometimes
        # takes rounding noise for a variable, with coefficients of 1e13
        prediction = y.mean() + centred @ (np.linalg.pinv(centred) @ (y - y.mean()))
    return x, y, prediction


def main():
    rng = np.random.default_rng(20110831)
    for number in range(int(sys.argv[1])):
        kind = KINDS[number % len(KINDS)]
        x, y, prediction = problem(kind, rng)
        for row in range(len(y)):
            print(number, row, kind, repr(float(y[row])),
                  "{" + ",".join(repr(float(v)) for v in x[row]) + "}",
                  repr(float(prediction[row])), sep="\t")


if __name__ == "__main__":
    main()
