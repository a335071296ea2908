#!/usr/bin/env bash
# Takes teams, users and keys over from LiteLLM's database (docs/operations.md). It reads there and changes nothing; here it makes what is not there yet, so that it can be run again.
#   DATABASE_URL        LiteLLM's PostgreSQL
#   GATEWAY             this gateway, http://localhost:4000
#   LITELLM_MASTER_KEY  its master key
#   WITHOUT             names of fields, with commas between them, that are to be left out: what they restrict there is not restricted here
# Exit code 1: something was not taken over, and it was said what and why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gateway=${GATEWAY:-http://localhost:4000}
for name in DATABASE_URL LITELLM_MASTER_KEY; do
  if [ -z "${!name:-}" ]; then echo "$name is not set." >&2; exit 1; fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Not on a command line, where every user of the machine reads it.
key=${LITELLM_MASTER_KEY//\\/\\\\}
(umask 077; printf 'header = "Authorization: Bearer %s"\n' "${key//\"/\\\"}" >"$folder/curl")
refused=0
declare -A roles

# A password does not belong on a command line either.
database=${DATABASE_URL%%\?*}
if [[ $database =~ ^(postgres(ql)?://)([^:@/]*):(.*)@([^@]*)$ ]]; then
  password=${BASH_REMATCH[4]//\\/\\\\}
  PGPASSWORD=$(printf '%b' "${password//%/\\x}")
  export PGPASSWORD
  database=${BASH_REMATCH[1]}${BASH_REMATCH[3]}@${BASH_REMATCH[5]}
fi

# LiteLLM's driver takes words that psql does not know.
words=
if [[ $DATABASE_URL == *\?* ]]; then words=${DATABASE_URL#*\?}; fi
passed=
IFS='&' read -ra pairs <<<"$words"
for pair in "${pairs[@]}"; do
  case $pair in
    sslmode=* | host=* | port=* | sslcert=* | sslkey=* | sslrootcert=* | options=*) passed+=${passed:+&}$pair ;;
    schema=public) ;;
    schema=*) export PGOPTIONS="-c search_path=\"${pair#schema=}\"" ;;
    connection_limit=* | pool_timeout=* | connect_timeout=* | socket_timeout=* | pgbouncer=* | statement_cache_size=* | application_name=*) ;;
    *) echo "DATABASE_URL: ${pair%%=*} is not known: leave it out, or say it as psql does." >&2; exit 1 ;;
  esac
done
database+=${passed:+?$passed}

ask() { psql "$database" -X -q -A -t -v ON_ERROR_STOP=1 -v without="${WITHOUT:-}" -f "$here/$1.sql"; }

post() { curl -q -sS --noproxy localhost,127.0.0.1,::1 --max-time 120 -K "$folder/curl" -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @- "$gateway$1"; }

# What it is called of each row, of which nothing is secret.
named() { grep -oE '"(team_id|user_id|key_alias|key_name)": "[^"]*"' <<<"$1" | tr -d '"' | paste -sd, | sed 's/,/, /g'; }

user_of() { if [[ $1 =~ \"user_id\":\ (\"[^\"]*\") ]]; then echo "${BASH_REMATCH[1]}"; fi; }

administer() {
  local status
  status=$(post /team/member_update <<<"$1") || status="no answer:"
  if [ "$status" = 200 ]; then return; fi
  refused=$((refused + 1))
  echo "$(named "$1"), is here and does not administer that team: $status $(cat "$folder/answer")"
}

# A file of lines, for nothing is made when the database breaks off half way.
send() {
  local kind=$1 route=$2 made=0 there=0 lost=0 status
  ask "$kind" >"$folder/rows"
  while IFS= read -r body; do
    if ! status=$(post "$route" <<<"$body"); then
      echo "$gateway does not answer: run this again." >&2
      exit 1
    fi
    case $status in
      200)
        made=$((made + 1))
        # With the user, and not of who was here before: that one may have got another role here.
        if [ "$kind" = users ] && [ -n "${roles[$(user_of "$body")]:-}" ]; then administer "${roles[$(user_of "$body")]}"; fi
        ;;
      409) there=$((there + 1)) ;;
      401 | 403 | 429 | 5*) echo "$gateway$route: $status $(cat "$folder/answer")" >&2; exit 1 ;;
      *) lost=$((lost + 1)) && echo "$kind, not taken over: $(named "$body"): $(cat "$folder/answer")" ;;
    esac
  done <"$folder/rows"
  echo "$kind: $made taken over, $there there already, $lost not taken over"
  refused=$((refused + lost))
}

send teams /team/new
ask roles >"$folder/roles"
while IFS= read -r body; do roles[$(user_of "$body")]=$body; done <"$folder/roles"
send users /user/new
if [ "$refused" -gt 0 ]; then
  # Of a user who is not here nothing would restrict the keys.
  echo "The keys come when these have: change them there, make them here by hand, or say WITHOUT." >&2
  exit 1
fi
send keys /key/generate
ask several-teams
if [ "$refused" -gt 0 ]; then exit 1; fi
