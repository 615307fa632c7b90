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
# shellcheck disable=SC2086 # several words
${IN_POSTGRES:-docker-compose exec -T postgres} pg_restore --username="${POSTGRES_USER:-airflow}" --clean --if-exists \
    --no-owner --exit-on-error --single-transaction --dbname="${POSTGRES_DB:-airflow}" <"$folder/airflow.dump"
mkdir -p "$configs" "$data"
tar --extract --gzip --file "$folder/configs.tar.gz" --directory "$configs"
tar --extract --gzip --file "$folder/data.tar.gz" --directory "$data"
echo "restored $folder"
