#!/bin/sh
# Self-test of the emulator: starts its own ones, asks by curl, counts.
# Prints "N passed, N failed"; exit status 1 when anything failed.

here=$(cd "$(dirname "$0")" && pwd)
emulator=$here/emulator
work=$(mktemp -d) || exit 1
passed=0
failed=0
pid=

stop_emulator()
{
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	wait "$pid"
	stopped=$?
	pid=
}

trap 'stop_emulator; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# check NAME EXPECTED ACTUAL
check()
{
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s: expected [%s], got [%s]\n' "$1" "$2" "$3"
	fi
}

# has NAME TEXT FILE: the file holds the text
has()
{
	if grep -qF -e "$2" "$3"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s: no [%s] in: %s\n' "$1" "$2" "$(head -c 300 "$3")"
	fi
}

# start_emulator OPTION...: sets pid, base and token
start_emulator()
{
	rm -f "$work/port" "$work/log"
	"$emulator" --die-with-parent --port-file "$work/port" --log "$work/log" "$@" >"$work/out" 2>"$work/err" &
	pid=$!
	n=0
	while [ ! -s "$work/port" ]; do
		n=$((n + 1))
		if [ $n -gt 200 ] || ! kill -0 "$pid" 2>/dev/null; then
			echo "FAILED: the emulator does not start: $(cat "$work/err")"
			exit 1
		fi
		sleep 0.05
	done
	base=${scheme:-http}://127.0.0.1:$(cat "$work/port")
	api=$base/partenaire/offresdemploi/v2
	new_token
}

# ask_token FORM [QUERY]: status; the body goes to $work/token
ask_token()
{
	curl -sk -o "$work/token" -w '%{http_code}' -d "$1" \
		"$base/connexion/oauth2/access_token${2-?realm=%2Fpartenaire}"
}

form='grant_type=client_credentials&client_id=PAR_demo&client_secret=demo-secret&scope=api_offresdemploiv2+o2dsoffre'

new_token()
{
	ask_token "$form" >/dev/null
	token=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$work/token")
}

# get PATH: status; headers in $work/head, body in $work/body
get()
{
	: >"$work/body"
	curl -sk -D "$work/head" -o "$work/body" -w '%{http_code}' -H "Authorization: Bearer $token" "$api/$1"
}

search()
{
	get "offres/search?$1"
}

content_range()
{
	tr -d '\r' <"$work/head" | sed -n 's/^[Cc]ontent-[Rr]ange: //p'
}

# total of a search
total()
{
	search "range=0-0&$1" >/dev/null
	content_range | sed 's/.*\///'
}

control()
{
	curl -sk -X POST "$base/_emulator/$1"
}

nbsp=$(printf '\302\240')
free=PAR_demo:demo-secret:0
now=2026-08-01T12:00:00Z

[ -x "$emulator" ] || { echo "FAILED: build the emulator first"; exit 1; }

# ---- token -----------------------------------------------------------------

start_emulator --offers 5000 --seed 7 --now $now --client $free --client PAR_b:b:10:10 --burst 400@2026-07-20T03:00:00Z
check 'listening line' "listening on $base" "$(cat "$work/out")"
check 'token' 200 "$(ask_token "$form")"
has 'token life' '"expires_in":1499,"token_type":"Bearer"' "$work/token"
has 'token scope' '"scope":"api_offresdemploiv2 o2dsoffre"' "$work/token"
check 'token length' 27 "$(printf %s "$token" | wc -c | tr -d ' ')"
check 'plain realm' 200 "$(ask_token "$form" '?realm=/partenaire')"
check 'no realm' 400 "$(ask_token "$form" '')"
check 'wrong secret' 400 "$(ask_token 'grant_type=client_credentials&client_id=PAR_demo&client_secret=x&scope=api_offresdemploiv2')"
has 'wrong secret' '"error":"invalid_client","error_description":"Client authentication failed"' "$work/token"
check 'wrong grant' 400 "$(ask_token 'grant_type=password&client_id=PAR_demo&client_secret=demo-secret&scope=api_offresdemploiv2')"
has 'wrong grant' unsupported_grant_type "$work/token"
check 'no form' 400 "$(ask_token 'x=1')"
has 'no form' invalid_request "$work/token"
check 'unknown scope' 400 "$(ask_token 'grant_type=client_credentials&client_id=PAR_demo&client_secret=demo-secret&scope=api_offresdemploiv2%20api_x')"
has 'unknown scope' 'Unknown/invalid scope(s): [api_x]' "$work/token"
check 'application scope' 200 "$(ask_token 'grant_type=client_credentials&client_id=PAR_demo&client_secret=demo-secret&scope=application_PAR_demo+api_offresdemploiv2')"
check 'GET of a token' 405 "$(curl -s -o /dev/null -w '%{http_code}' "$base/connexion/oauth2/access_token?realm=/partenaire")"

# ---- replies of the search ---------------------------------------------------

check 'without token' 401 "$(curl -s -D "$work/head" -o "$work/body" -w '%{http_code}' "$api/offres/search")"
has '401 header' 'WWW-Authenticate: Bearer' "$work/head"
check '401 body' 0 "$(wc -c <"$work/body" | tr -d ' ')"
check 'first page' 206 "$(search 'range=0-149&sort=1')"
check 'its range' 'offres 0-149/5400' "$(content_range)"
has 'accept-range' 'Accept-Range: 150' "$work/head"
has 'rate headers' 'x-ratelimit-remaining-clientidlimiter:' "$work/head"
check 'its rows' 150 "$(grep -o '"urlOrigine"' "$work/body" | wc -l | tr -d ' ')"
check 'default range' 206 "$(search '')"
check 'default range' 'offres 0-149/5400' "$(content_range)"
check 'nothing' 204 "$(search 'minCreationDate=2001-01-01T00:00:00Z&maxCreationDate=2001-01-02T00:00:00Z')"
check 'nothing: range' '*/0' "$(content_range)"
check 'nothing: body' 0 "$(wc -c <"$work/body" | tr -d ' ')"
check 'all on a page' 200 "$(search 'region=94&range=0-149')"
check 'POST of a search' 405 "$(curl -s -X POST -o /dev/null -w '%{http_code}' "$api/offres/search")"
check 'unknown path' 404 "$(curl -s -o /dev/null -w '%{http_code}' "$base/nowhere")"

# message QUERY TEXT
message()
{
	check "400 of $1" 400 "$(search "$1")"
	has "message of $1" "\"message\":\"$2\",\"codeHttp\":400,\"codeErreur\":\"" "$work/body"
}
quoted()
{
	printf '«%s%s%s»' "$nbsp" "$1" "$nbsp"
}
message range=0-150 'La plage de résultats demandée est trop importante.'
message range=3100-3149 'La position de début doit être inférieure ou égale à 3000.'
message range=3001-3002 'La position de début doit être inférieure ou égale à 3000.'
message range=3000-3150 'La plage de résultats demandée est trop importante.'
message range=2999-3148x "Format du paramètre $(quoted range) incorrect. <entier>-<entier> attendu."
message range=-5 "Format du paramètre $(quoted range) incorrect. <entier>-<entier> attendu."
message range=abc "Format du paramètre $(quoted range) incorrect. <entier>-<entier> attendu."
check 'last range' 206 "$(search range=3000-3149)"
message minCreationDate=2026-01-01T00:00:00Z 'les paramètres minCreationDate et maxCreationDate sont dépendants et doivent être renseignés ensemble'
message maxCreationDate=2026-01-01T00:00:00Z 'les paramètres minCreationDate et maxCreationDate sont dépendants et doivent être renseignés ensemble'
for d in 2026-01-01 2026-01-01T00:00:00 2026-01-01T00:00:00.000Z 2026-13-01T00:00:00Z 2026-02-30T00:00:00Z '2026-01-01T00:00:00%2B01:00'; do
	check "date $d" 400 "$(search "minCreationDate=$d&maxCreationDate=2026-08-01T00:00:00Z")"
done
message departement=99 "Valeur du paramètre $(quoted departement) incorrecte."
message commune=99999 "Valeur du paramètre $(quoted commune) incorrecte."
message region=99 "Valeur du paramètre $(quoted region) incorrecte."
message typeContrat=XXX "Valeur du paramètre $(quoted typeContrat) incorrecte."
message natureContrat=ZZ "Valeur du paramètre $(quoted natureContrat) incorrecte."
message origineOffre=3 "Valeur du paramètre $(quoted origineOffre) incorrecte."
message publieeDepuis=5 "Valeur du paramètre $(quoted publieeDepuis) incorrecte."
message tempsPlein=oui "Format du paramètre $(quoted tempsPlein) incorrect. Booléen attendu."
message motsCles=a "Format du paramètre $(quoted motsCles) incorrect. 7 mots-clé au maximum séparés par des virgules et d'au moins 2 caractères."
message motsCles=aa,bb,cc,dd,ee,ff,gg,hh "Format du paramètre $(quoted motsCles) incorrect. 7 mots-clé au maximum séparés par des virgules et d'au moins 2 caractères."
check 'six départements' 400 "$(search departement=01,02,03,04,05,06)"
check 'five départements' 206 "$(search departement=13,69,59,33,93)"
check 'encoded comma' 206 "$(search departement=13%2C69)"
check 'salary without period' 400 "$(search salaireMin=1500)"
check 'salary and period' 206 "$(search 'salaireMin=1500&periodeSalaire=M')"
check 'grandDomaine' 400 "$(search grandDomaine=Z)"
check 'experienceExigence' 400 "$(search experienceExigence=X)"
check 'unknown NAF is ignored' 5400 "$(total codeNAF=99.99X)"
check 'unknown parameter is ignored' 5400 "$(total 'x=1')"

# ---- totals and filters --------------------------------------------------------

own=$(total origineOffre=1)
partner=$(total origineOffre=2)
check 'origins' 5400 $((own + partner))
check 'a share of partners' 1 "$([ "$partner" -gt 2700 ] && [ "$partner" -lt 3300 ] && echo 1)"
sum=0
for r in 01 02 03 04 06 11 24 27 28 32 44 52 53 75 76 84 93 94; do
	sum=$((sum + $(total region=$r)))
done
check 'regions are nearly all' 1 "$([ "$sum" -gt 5200 ] && [ "$sum" -lt 5400 ] && echo 1)"
cdd=$(total typeContrat=CDD)
e2=$(total natureContrat=E2)
both=$(total 'typeContrat=CDD&natureContrat=E2')
check 'type or nature' 1 "$([ "$both" -gt "$cdd" ] && [ "$both" -le $((cdd + e2)) ] && echo 1)"
check 'the second of a burst' 400 "$(total 'minCreationDate=2026-07-20T03:00:00Z&maxCreationDate=2026-07-20T03:00:00Z')"
a=$(total 'minCreationDate=2026-01-01T00:00:00Z&maxCreationDate=2026-07-19T23:59:59Z')
b=$(total 'minCreationDate=2026-07-20T00:00:00Z&maxCreationDate=2026-08-01T12:00:00Z')
check 'two windows are all' 5400 $((a + b))
check 'keywords without accents' "$(total motsCles=ing%C3%A9nieur)" "$(total motsCles=INGENIEUR)"
check 'keywords are ANDed' 1 "$([ "$(total motsCles=agent,entretien)" -lt "$(total motsCles=agent)" ] && echo 1)"
check 'distance widens' 1 "$([ "$(total 'commune=69266&distance=50')" -gt "$(total 'commune=69266&distance=0')" ] && echo 1)"
check 'Paris by any code' "$(total 'commune=75056&distance=0')" "$(total 'commune=75109&distance=0')"

# paging reads exactly the total, each offer once, newest first
: >"$work/ids"
: >"$work/dates"
p=0
while [ $p -lt 1500 ]; do
	search "range=$p-$((p + 149))&sort=1&origineOffre=1&publieeDepuis=31" >/dev/null
	grep -o '{"id":"[0-9A-Z]*"' "$work/body" >>"$work/ids"
	grep -o '"dateCreation":"[^"]*"' "$work/body" >>"$work/dates"
	p=$((p + 150))
done
check 'paged rows' 1500 "$(wc -l <"$work/ids" | tr -d ' ')"
check 'distinct ids' 1500 "$(sort -u "$work/ids" | wc -l | tr -d ' ')"
check 'order' 0 "$(sort -rc "$work/dates" >/dev/null 2>&1; echo $?)"
check 'own ids' 1500 "$(grep -c '"[0-9][0-9][0-9][B-DF-HJ-NP-TV-Z]\{4\}"' "$work/ids")"
search 'range=0-0' >/dev/null
has 'facets of range=0-0' '"filtresPossibles":[{"filtre":"typeContrat"' "$work/body"
search 'range=0-149' >/dev/null
check 'no facets of a big page' 0 "$(grep -c filtresPossibles "$work/body")"

# ---- detail, référentiels, controls ----------------------------------------------

id=$(sed -n '1s/.*:"\(.*\)"/\1/p' "$work/ids")
check 'detail' 200 "$(get "offres/$id")"
has 'detail' "{\"id\":\"$id\"" "$work/body"
check 'unknown id' 204 "$(get offres/999ZZZZ)"
check 'malformed id' 400 "$(get offres/12)"
has 'malformed id' "Le format de l'id de l'offre recherchée est incorrect." "$work/body"
check 'départements' 200 "$(get referentiel/departements)"
check 'départements' 'departements */101' "$(content_range)"
for r in regions communes metiers appellations domaines nafs secteursActivites typesContrats naturesContrats langues permis niveauxFormations themes pays continents; do
	check "référentiel $r" 200 "$(get referentiel/$r)"
done
check 'unknown référentiel' 404 "$(get referentiel/nothing)"
control "change?id=$id" >"$work/body"
has 'change' '"changed":1' "$work/body"
get "offres/$id" >/dev/null
has 'changed title' 'mise à jour' "$work/body"
control "remove?id=$id" >"$work/body"
has 'remove' '"removed":1,"offers":5399' "$work/body"
check 'removed' 204 "$(get "offres/$id")"
control 'create?n=10' >"$work/body"
has 'create' '"created":10,"offers":5409' "$work/body"
check 'created' 5409 "$(total x=1)"
control 'remove?share=0.5' >/dev/null
left=$(total x=1)
check 'removed half' 1 "$([ "$left" -gt 2400 ] && [ "$left" -lt 3000 ] && echo 1)"
curl -s "$base/_emulator/stats" >"$work/body"
has 'stats' "\"offers\":$left" "$work/body"
has 'stats by client' '"PAR_demo":{"requests":' "$work/body"
check 'no secret in the log' 0 "$(grep -c -e demo-secret -e "$token" "$work/log")"
check 'columns of the log' 10 "$(tail -1 "$work/log" | awk -F'\t' '{print NF}')"

# ---- faults ----------------------------------------------------------------------

control 'faults?fault-500=1' >/dev/null
check 'fault 500' 500 "$(search x=1)"
has 'fault 500' JCS0011G "$work/body"
control 'reset-faults?fault-503=1' >/dev/null
check 'fault 503' 503 "$(search x=1)"
has 'fault 503' '<html>' "$work/body"
control 'reset-faults?fault-html=1' >/dev/null
check 'fault html' 200 "$(search x=1)"
has 'fault html' 'text/html' "$work/head"
control 'reset-faults?fault-429=1&retry-after=3' >/dev/null
check 'fault 429' 429 "$(search x=1)"
has 'fault 429' 'Retry-After: 3' "$work/head"
has 'fault 429' 'text/plain' "$work/head"
control 'reset-faults?fault-redirect=1' >/dev/null
check 'fault redirect' 302 "$(search x=1)"
has 'fault redirect' 'Location: http://127.0.0.2:1/' "$work/head"
control 'reset-faults?fault-norange=1' >/dev/null
check 'fault norange' 206 "$(search x=1)"
check 'fault norange' '' "$(content_range)"
control 'reset-faults?fault-truncate=1' >/dev/null
search x=1 >/dev/null
check 'fault truncate' 18 $?
control 'reset-faults?fault-reset=1' >/dev/null
search x=1 >/dev/null
rc=$?
check 'fault reset' 1 "$([ $rc = 52 ] || [ $rc = 56 ] && echo 1)"
control 'reset-faults?fault-oversize=1&oversize-bytes=3000000' >/dev/null
check 'fault oversize' 206 "$(search x=1)"
check 'fault oversize' 3000000 "$(wc -c <"$work/body" | tr -d ' ')"
control 'reset-faults?fault-401=1' >/dev/null
check 'fault 401' 401 "$(search x=1)"
control 'reset-faults' >/dev/null
check 'token revoked' 401 "$(search x=1)"
new_token
control 'reset-faults?storm-429=3:2' >/dev/null
codes=
for i in 1 2 3 4 5 6 7; do codes="$codes $(search range=0-0)"; done
check 'storm of 429' ' 206 206 429 429 206 206 206' "$codes"
control 'reset-faults?fault-nojson-token=1' >/dev/null
check 'token endpoint down' 503 "$(ask_token "$form")"
control 'reset-faults?own-first=1' >/dev/null
search 'range=0-149' >/dev/null
check 'own-first: total' "offres 0-149/$left" "$(content_range)"
check 'own-first: rows' 150 "$(grep -o '"origine":"1"' "$work/body" | wc -l | tr -d ' ')"
control 'reset-faults?churn-create=3&churn-remove=2' >/dev/null
a=$(total x=1)
b=$(total x=1)
check 'churn' 1 $((b - a))
control 'reset-faults?fault-badoffer=1' >/dev/null
check 'spoilt offers' 206 "$(search 'range=0-99')"
has 'spoilt offers' 'badoffer:100' "$work/log"
check 'unknown fault' 400 "$(curl -s -X POST -o /dev/null -w '%{http_code}' "$base/_emulator/faults?nothing=1")"
stop_emulator
check 'ends cleanly' 0 "$stopped"

# ---- quota -----------------------------------------------------------------------

start_emulator --offers 100 --client PAR_demo:demo-secret:2:5
codes=
for i in 1 2 3 4 5 6 7 8; do codes="$codes$(search range=0-0)"; done
has 'quota' 'Retry-After: 1' "$work/head"
check 'quota: burst' 206206206206206 "$(printf %.15s "$codes")"
check 'quota: then 429' 1 "$(case $codes in *429) echo 1 ;; esac)"
stop_emulator

start_emulator --offers 100 --client PAR_demo:demo-secret:2:5 --time-factor 1000 --token-life 0
check 'expired token' 401 "$(search x=1)"
stop_emulator
start_emulator --offers 100 --client PAR_demo:demo-secret:2:5 --time-factor 1000
codes=
for i in 1 2 3 4 5 6 7 8; do codes="$codes$(search range=0-0)"; done
check 'fast clock' 206206206206206206206206 "$codes"
stop_emulator

# ---- determinism -------------------------------------------------------------------

for i in 1 2; do
	start_emulator --offers 2000 --seed 42 --now $now --client $free
	search 'range=0-149&sort=1' >/dev/null
	cp "$work/body" "$work/page$i"
	stop_emulator
done
check 'same seed, same page' 0 "$(cmp -s "$work/page1" "$work/page2"; echo $?)"
start_emulator --offers 2000 --seed 43 --now $now --client $free
search 'range=0-149&sort=1' >/dev/null
check 'other seed, other page' 1 "$(cmp -s "$work/page1" "$work/body"; echo $?)"
stop_emulator

# ---- file --------------------------------------------------------------------------

{
	echo '{"id": "0000001", "intitule": "Développeur", "dateCreation": "2026-07-01T10:00:00.000Z", "romeCode": "M1805", "romeLibelle": "x", "typeContrat": "CDI", "lieuTravail": {"libelle": "74 - ANNECY", "commune": "74010"}, "origineOffre": {"origine": "1"}}'
	echo 'not json'
	echo '{"id":"123BCDF","intitule":"Cuisinier","dateCreation":"2026-07-01T10:00:01Z","romeCode":"G1602","romeLibelle":"x","typeContrat":"CDD","lieuTravail":{"libelle":"2A - Ajaccio","commune":"2A004"},"origineOffre":{"origine":"2","partenaires":[{"nom":"X"}]}}'
} >"$work/offers.jsonl"
gzip -k "$work/offers.jsonl"
start_emulator --file "$work/offers.jsonl.gz" --client $free --gzip
has 'broken line' 'line 2:' "$work/err"
check 'file' 200 "$(search sort=1)"
check 'file: range' 'offres 0-1/2' "$(content_range)"
check 'file: by département' 1 "$(total departement=2A)"
check 'file: by keyword' 1 "$(total motsCles=developpeur)"
get offres/0000001 >/dev/null
check 'file: byte for byte' "$(head -1 "$work/offers.jsonl")" "$(cat "$work/body")"
curl -s -D "$work/head" -o "$work/body" -H 'Accept-Encoding: gzip' -H "Authorization: Bearer $token" "$api/offres/search?sort=1"
has 'gzip' 'Content-Encoding: gzip' "$work/head"
check 'gzip' 1 "$(gzip -dc <"$work/body" | grep -c Cuisinier)"
stop_emulator
start_emulator --file "$work/offers.jsonl" --keep-broken --client $free
search sort=1 >/dev/null
has 'kept broken line' 'not json' "$work/body"
stop_emulator

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
