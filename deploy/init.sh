#!/bin/sh
# Runs once before everything else, as root: refuses secrets that are missing, makes sure that PIPELINE_UID may
# write to the given folders, and brings the database up to date.
set -eu
user=${PIPELINE_UID:-1000}

refuse() {
    echo "init: $1" >&2
    exit 1
}

as_user() {
    if [ "$(id -u)" = "$user" ]; then "$@"; else setpriv --reuid "$user" --regid 0 --clear-groups "$@"; fi
}

first_unwritable() {
    as_user find "$1" ! -type l ! -writable -print -quit 2>/dev/null || echo "$1"
}

case $user in
'' | *[!0-9]*) refuse "PIPELINE_UID: \"$user\" is not a user id; write the number that id -u prints" ;;
esac

for secret in "${SECRETS_FOLDER:-/run/secrets}"/*; do
    [ -e "$secret" ] || continue # where there are none at all, the pattern itself
    # An engine makes an empty folder of a file that is missing.
    if ! [ -f "$secret" ] || ! [ -s "$secret" ]; then
        case $secret in
        */oidc_client_secret) right="write into it what the identity provider gave you" ;;
        *) right="deploy/make_secrets.sh makes it" ;;
        esac
        refuse "secrets/$(basename "$secret") is missing or empty; $right"
    fi
    if ! as_user test -r "$secret"; then
        refuse "secrets/$(basename "$secret"): user id $user (PIPELINE_UID) may not read it; give it to that user, or run \
deploy/make_secrets.sh as that user"
    fi
done

for folder in "$@"; do
    # An engine creates a missing folder as root's. A folder that somebody has filled does not change its owner unasked.
    if [ -z "$(ls -A "$folder")" ] && [ -n "$(first_unwritable "$folder")" ]; then
        chown "$user:0" "$folder" || true
    fi
    unwritable=$(first_unwritable "$folder")
    if [ -n "$unwritable" ]; then
        refuse "$unwritable: user id $user (PIPELINE_UID) may not write it; give the folder to that user: \
docker-compose run --rm --entrypoint chown init -R $user:0 $folder, or set PIPELINE_UID to its owner, $(stat -c %u "$folder")"
    fi
done

entrypoint=$(dirname "$0")/entrypoint.sh
if [ "$(id -u)" = "$user" ]; then exec "$entrypoint" db migrate; fi
exec setpriv --reuid "$user" --regid 0 --clear-groups "$entrypoint" db migrate
