#!/bin/sh
# Puts back what deploy/backup.sh has saved: deploy/restore.sh FOLDER. Folders that hold something are not touched.
# With the same secrets and only the database up: docker-compose up -d postgres
set -eu
folder=${1:?restore: name the folder of the backup}
# shellcheck source=deploy/dot_env.sh
. "$(dirname "$0")/dot_env.sh"
(cd "$folder" && sha256sum --quiet --check SHA256SUMS) || {
    echo "restore: $folder is not as it was saved; take another backup" >&2
    exit 1
}
for place in "$configs" "$data"; do
    if [ -d "$place" ] && [ -n "$(ls -A "$place")" ]; then
        echo "restore: $place is not empty; move it away first" >&2
        exit 1
    fi
done
database=${POSTGRES_DB:-airflow}
in_postgres() {
    program=$1
    shift
    # shellcheck disable=SC2086 # several words
    ${IN_POSTGRES:-docker-compose exec -T postgres} "$program" --username="${POSTGRES_USER:-airflow}" "$@"
}
statements() {
    in_postgres psql --quiet --dbname=postgres --set=ON_ERROR_STOP=1 --command="SET client_min_messages = error" "$@" </dev/null
}
# Beside the present database, and then in its place: in it, tables of a later version would hold on to those of before.
statements --command="DROP DATABASE IF EXISTS \"$database.restored\"" --command="CREATE DATABASE \"$database.restored\""
in_postgres pg_restore --no-owner --exit-on-error --single-transaction --dbname="$database.restored" <"$folder/airflow.dump"
statements --command="DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)" \
    --command="ALTER DATABASE \"$database.restored\" RENAME TO \"$database\""
mkdir -p "$configs" "$data"
tar --extract --gzip --file "$folder/configs.tar.gz" --directory "$configs"
tar --extract --gzip --file "$folder/data.tar.gz" --directory "$data"
echo "restored $folder"
