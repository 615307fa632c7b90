#!/bin/sh
# `airflow …`, or the program that is said, as any user id of group 0. Airflow refuses to run as a user without a name, so such a user gets one.
set -eu
passwd=${PASSWD_FILE:-/etc/passwd}
if ! id -un >/dev/null 2>&1; then
    user=$(id -u)
    if ! [ -w "$passwd" ]; then
        echo "user id $user has no name in $passwd and may not write one; run it with group 0, as user \"$user:0\"" >&2
        exit 1
    fi
    echo "pipeline-$user:x:$user:$(id -g)::${AIRFLOW_HOME:-/}:/usr/sbin/nologin" >>"$passwd"
fi
case ${1:-} in
airflow | bash | python) exec "$@" ;; # bash, since Airflow's Helm chart says so
esac
exec airflow "$@"
