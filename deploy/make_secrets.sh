#!/bin/sh
# Makes the secrets of a deployment, each in a file of its own that only its owner reads: deploy/make_secrets.sh [FOLDER].
# What is there already stays as it is, so a later version's new secret is all that a second call adds.
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"

hold() { # NAME VALUE
    if [ -s "$folder/$1" ]; then return; fi
    if [ -z "$2" ]; then
        echo "make_secrets: $folder/$1 was not made, since openssl failed; install it, then run this again" >&2
        exit 1
    fi
    printf '%s' "$2" >"$folder/$1"
    echo "made $folder/$1"
}

hold postgres_password "$(openssl rand -hex 32)"
hold redis_password "$(openssl rand -hex 32)"
hold api_secret "$(openssl rand -hex 32)"
hold jwt_secret "$(openssl rand -hex 64)"
hold fernet_key "$(openssl rand -base64 32 | tr '+/' '-_')"
hold uuid_cache_secret "$(openssl rand -hex 32)"
# Whole addresses, since Airflow reads each of its settings from one file.
postgres=$(cat "$folder/postgres_password")
hold database_url "postgresql+psycopg2://airflow:$postgres@postgres/airflow"
hold result_backend_url "db+postgresql://airflow:$postgres@postgres/airflow"
hold broker_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
