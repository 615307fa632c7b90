# shellcheck shell=sh
# Read by backup.sh and restore.sh: which folders .env names, unless the environment does, as Compose understands its lines.
value() {
    sed -n "s/\r\$//; s/^ *\(export  *\)\{0,1\}$1 *= *//p" .env | tail -n 1 |
        sed -e "s/^'\([^']*\)'.*/\1/; t" -e 's/^"\([^"]*\)".*/\1/; t' -e 's/ #.*//; s/ *$//'
}
if [ -f .env ]; then
    : "${PIPELINE_CONFIGS:=$(value PIPELINE_CONFIGS)}" "${PIPELINE_DATA:=$(value PIPELINE_DATA)}"
fi
configs=${PIPELINE_CONFIGS:-./configs}
data=${PIPELINE_DATA:-./data}
