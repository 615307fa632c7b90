#!/bin/sh
# Puts Airflow's database, the projects and their data into a new folder: deploy/backup.sh [FOLDER]. Secrets are not in it.
# Beside docker-compose.yaml and .env, while no run is under way: docker-compose stop scheduler worker
set -eu
umask 077
# shellcheck source=deploy/dot_env.sh
. "$(dirname "$0")/dot_env.sh"
folder=${1:-backups/$(date -u +%Y-%m-%dT%H%M%SZ)}
if [ -e "$folder" ]; then
    echo "backup: $folder is there already; name a new folder" >&2
    exit 1
fi
begun=$folder.begun
# A full disk has its room back, and nobody finds half of people's data: EXIT comes after these signals too.
trap 'rm -rf "$begun"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$begun"
# shellcheck disable=SC2086 # several words
${IN_POSTGRES:-docker-compose exec -T postgres} pg_dump --username="${POSTGRES_USER:-airflow}" --format=custom --no-owner \
    "${POSTGRES_DB:-airflow}" >"$begun/airflow.dump"
tar --create --gzip --file "$begun/configs.tar.gz" --directory "$configs" .
tar --create --gzip --file "$begun/data.tar.gz" --exclude=./.cache --directory "$data" .
(cd "$begun" && sha256sum airflow.dump configs.tar.gz data.tar.gz >SHA256SUMS)
mv "$begun" "$folder"
echo "$folder"
