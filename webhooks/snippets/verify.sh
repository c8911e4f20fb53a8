#!/bin/sh
# Is the body on standard input from AgentCollect? $1 is X-AgentCollect-Signature. Needs openssl; for a look by hand,
# or for a delivery sent on with: curl --data-binary @body.json -H "X-AgentCollect-Signature: $HEADER" http://…
set -eu
timestamp=$(printf '%s' "$1" | tr ',' '\n' | sed -n 's/^t=\([0-9]\{1,12\}\)$/\1/p')
age=$(($(date +%s) - ${timestamp:-0}))
expected=$({ printf '%s.' "$timestamp"; cat; } | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" | sed 's/^.*= *//')
if [ "${age#-}" -le 300 ] && printf '%s' "$1" | tr ',' '\n' | grep -qx "v1=$expected"; then
  echo valid
else
  echo invalid
  exit 1
fi
