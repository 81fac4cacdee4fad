#!/bin/sh
# regression.sh: linear_regression against scikit-learn, which has its rows in
# memory already: time of 1,000,000 rows with 8 columns, and digits kept as the
# condition number grows, beside what normal equations would keep.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/lib.sh"
make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD python3-sklearn postgresql-client-$PGVERSION
src=$work/src
copy_tree "$src"
build "$src" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
start_cluster "$src" bench || exit 1
psql()
{
	as_user env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" "$pgbin/psql" -X -q -A -t "$@"
}
psql -d postgres -c 'SET client_min_messages = error' -c 'CREATE EXTENSION jobmarket CASCADE' \
	-c 'CREATE TABLE big AS SELECT random() AS y, random() AS x1, random() AS x2, random() AS x3, random() AS x4,
		random() AS x5, random() AS x6, random() AS x7, random() AS x8 FROM generate_series(1, 1000000)' \
	-c 'VACUUM ANALYZE big'

cat >"$work/peer.py" <<'T'
import time
import numpy as np
from sklearn.linear_model import LinearRegression
x, y = np.random.rand(1000000, 8), np.random.rand(1000000)
times = []
for _ in range(7):
    start = time.time()
    LinearRegression().fit(x, y)
    times.append(time.time() - start)
print("%.0f" % (1000 * sorted(times)[3]))
T
# the median of seven runs
ours()
{
	for _ in 1 2 3 4 5 6 7; do
		psql -d postgres -c "SET max_parallel_workers_per_gather = $1" -c '\timing on' \
			-c 'SELECT (jobmarket.linear_regression(y, ARRAY[x1, x2, x3, x4, x5, x6, x7, x8])).n FROM big' |
			sed -n 's/^Time: \([0-9]*\).*/\1/p'
	done | sort -n | sed -n 4p
}
serial=$(ours 0)
parallel=$(ours 2)
peer=$(/usr/bin/python3 "$work/peer.py")
say "1,000,000 rows x 8: scikit-learn in memory $peer ms;" \
	"linear_regression serial $serial ms (ratio $(echo "scale=2; $serial / $peer" | bc))," \
	"parallel $parallel ms (ratio $(echo "scale=2; $parallel / $peer" | bc))"

cat >"$work/digits.py" <<'T'
# columns: condition, x, y, exact coefficients known: y = x b, no noise
import sys
import numpy as np
from sklearn.linear_model import LinearRegression
rng = np.random.default_rng(1)
b = np.arange(1, 7.0)
out = open(sys.argv[1], "w")
for k in range(1, 13):
    u = np.linalg.qr(rng.standard_normal((2000, 6)))[0]
    v = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    x = u @ np.diag(np.logspace(0, -k, 6)) @ v.T
    y = x @ b
    xc, yc = x - x.mean(0), y - y.mean()
    normal = np.linalg.lstsq(xc.T @ xc, xc.T @ yc, rcond=None)[0]
    sk = LinearRegression().fit(x, y).coef_
    for i in range(2000):
        print(k, "{" + ",".join(repr(float(a)) for a in x[i]) + "}", repr(float(y[i])),
              repr(float(abs(normal / b - 1).max())), repr(float(abs(sk / b - 1).max())), sep="\t", file=out)
T
/usr/bin/python3 "$work/digits.py" "$work/digits.tsv"
chmod 644 "$work/digits.tsv"
psql -d postgres -c 'CREATE TABLE digits (k int, x float8[], y float8, normal float8, sk float8)' \
	-c "\\copy digits FROM '$work/digits.tsv'"
say "largest relative error of a coefficient (y without noise):"
say "condition number | normal equations | scikit-learn | linear_regression"
psql -d postgres -F ' | ' -c "SELECT '1e' || k, to_char(normal, '9.9EEEE'), to_char(sk, '9.9EEEE'), to_char(max(abs(c / i - 1)), '9.9EEEE')
	FROM (SELECT k, normal, sk, jobmarket.linear_regression(y, x) AS m FROM digits GROUP BY 1, 2, 3) f
	CROSS JOIN unnest((m).coefficients) WITH ORDINALITY AS u (c, i) GROUP BY k, normal, sk ORDER BY k"
stop_cluster
