# shellcheck shell=sh
# Read by backup.sh and restore.sh: which folders .env names, unless the environment does, as Compose understands its lines.
value() {
    sed -n "s/\r\$//; s/^ *\(export  *\)\{0,1\}$1 *= *//p" .env | tail -n 1 |
        sed -e "s/^'\([^']*\)'.*/\1/; t" -e 's/^"\([^"]*\)".*/\1/; t' -e 's/ #.*//; s/ *$//'
}
if [ -f .env ]; then
    : "${PIPELINE_CONFIGS:=$(value PIPELINE_CONFIGS)}" "${PIPELINE_DATA:=$(value PIPELINE_DATA)}"
fi
path_of() { # NAME VALUE
    case $2 in
    *\$*)
        echo "$(basename "$0" .sh): $1 in .env has a variable, which only Compose knows; write the path itself" >&2
        exit 1
        ;;
    '~' | '~'/*) printf '%s' "$HOME${2#?}" ;;
    *) printf '%s' "$2" ;;
    esac
}
configs=$(path_of PIPELINE_CONFIGS "${PIPELINE_CONFIGS:-./configs}")
data=$(path_of PIPELINE_DATA "${PIPELINE_DATA:-./data}")
