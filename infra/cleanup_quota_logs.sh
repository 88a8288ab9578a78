#!/usr/bin/env bash
# Removes expired rows of token_quota_logs by hand or from cron, like the app's timer. It takes the same lock and writes the
# same row to quota_cleanup_runs, so that GET /flow/quota/cleanup/stats stays correct.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: cleanup_quota_logs.sh [--dry-run] [--help]

Removes the rows of token_quota_logs that are older than the retention: whole daily partitions first, the rest in batches.
Shows on standard error how far it is. Ctrl-C stops it after the batch at hand; the next run, or the app's timer, continues.

  --dry-run   print what would be removed, remove nothing
  --help      this text

Settings, as environment variables:
  QUOTA_CLEANUP_RETENTION_DAYS  keep this many days              (180)
  QUOTA_CLEANUP_BATCH_SIZE      most rows removed by a statement (10000)
  MYSQL_DEFAULTS_FILE           client option file with host, user and password; then the next four are not needed
  MYSQL_HOST, MYSQL_PORT        the server                       (127.0.0.1, 3306)
  MYSQL_USER, MYSQL_PASSWORD    the account                      (flowquota, none)
  MYSQL_DATABASE                the database                     (flowquota)

Exit status: 0 done, 1 failed, 2 wrong usage, 3 a cleanup is already running, 4 stopped: rows are left.
TEXT
}

fail() {
  printf 'cleanup_quota_logs: %s\n' "$1" >&2
  exit "${2:-1}"
}

dry_run=false
for argument in "$@"; do
  case "$argument" in
    --dry-run) dry_run=true ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; fail "unknown argument: $argument" 2 ;;
  esac
done

retention_days="${QUOTA_CLEANUP_RETENTION_DAYS:-180}"
batch_size="${QUOTA_CLEANUP_BATCH_SIZE:-10000}"
[[ "$retention_days" =~ ^[1-9][0-9]{0,4}$ ]] || fail "QUOTA_CLEANUP_RETENTION_DAYS is '$retention_days', must be 1-99999" 2
[[ "$batch_size" =~ ^[1-9][0-9]{0,6}$ ]] || fail "QUOTA_CLEANUP_BATCH_SIZE is '$batch_size', must be 1-9999999" 2

client="$(command -v mariadb || command -v mysql)" || fail "neither mariadb nor mysql is installed"

# The client reads the password from a file that only we can read, never from the command line.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
quote() {
  local text="${1//\\/\\\\}"
  printf '"%s"' "${text//\"/\\\"}"
}
options="${MYSQL_DEFAULTS_FILE:-}"
if [[ -z "$options" ]]; then
  options="$work/client.cnf"
  (
    umask 077
    {
      printf '[client]\nhost=%s\n' "$(quote "${MYSQL_HOST:-127.0.0.1}")"
      printf 'port=%s\n' "${MYSQL_PORT:-3306}"
      printf 'user=%s\n' "$(quote "${MYSQL_USER:-flowquota}")"
      printf 'password=%s\n' "$(quote "${MYSQL_PASSWORD:-}")"
    } >"$options"
  )
fi
[[ -r "$options" ]] || fail "cannot read MYSQL_DEFAULTS_FILE '$options'" 2

# One session from start to end, because it holds the lock. The client stops at the first error, without further output.
coproc SQL {
  # A Ctrl-C reaches the client, too; the script decides when to stop.
  exec "$client" --defaults-extra-file="$options" --batch --skip-column-names --unbuffered --sigint-ignore \
    "${MYSQL_DATABASE:-flowquota}" 2>"$work/errors"
}
# Copies, because a coprocess's own descriptors are closed in subshells.
exec {sql_out}<&"${SQL[0]}" {sql_in}>&"${SQL[1]}"

sql_failed() {
  local reason
  reason="$(cat "$work/errors")"
  fail "${reason:-the connection to SQL ended}"
}

# Runs statements and prints the rows of their result.
sql() {
  local row
  # A subshell that a Ctrl-C ended would leave its answer to the next statement.
  ((BASH_SUBSHELL == 0)) || trap '' INT TERM
  { printf '%s\nSELECT "-- done";\n' "$1" >&"$sql_in"; } 2>/dev/null || sql_failed
  while IFS= read -r row <&"$sql_out"; do
    [[ "$row" == '-- done' ]] && return 0
    printf '%s\n' "$row"
  done
  sql_failed
}

trap '' PIPE
sql "SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', innodb_lock_wait_timeout = 5, lock_wait_timeout = 5;"

# The app truncates and compares times in UTC milliseconds.
cutoff="$(sql "SELECT UTC_TIMESTAMP(3) - INTERVAL $retention_days DAY;")"

expired_partitions() {
  sql "SELECT PARTITION_NAME
       FROM information_schema.PARTITIONS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs'
         AND PARTITION_DESCRIPTION <> 'MAXVALUE'
         AND CAST(TRIM(BOTH '''' FROM PARTITION_DESCRIPTION) AS DATETIME(3)) <= '$cutoff'
       ORDER BY PARTITION_ORDINAL_POSITION;"
}

count_expired() {
  sql "SELECT COUNT(*) FROM token_quota_logs WHERE created_at < '$cutoff';"
}

if [[ "$dry_run" == true ]]; then
  count="$(count_expired)"
  partitions="$(expired_partitions | paste -sd ' ')"
  printf 'Would remove %s rows made before %s UTC; whole partitions: %s\n' "$count" "$cutoff" "${partitions:-none}"
  exit 0
fi

locked="$(sql "SELECT GET_LOCK(CONCAT('flowquota:cleanup:', LEFT(SHA1(DATABASE()), 16)), 0);")"
[[ "$locked" == 1 ]] || fail "a cleanup is already running" 3

expired="$(count_expired)"
run_id="$(sql "INSERT INTO quota_cleanup_runs (started_at, retention_days)
               SELECT UTC_TIMESTAMP(3), $retention_days FROM DUAL
               WHERE NOT EXISTS (SELECT 1 FROM (SELECT completed_at FROM quota_cleanup_runs) AS runs WHERE completed_at IS NULL);
               SELECT MAX(id) FROM quota_cleanup_runs WHERE completed_at IS NULL;")"

# A terminal shows one line that changes; a file or a journal gets a line every 10 seconds.
line_seconds=10
if [[ -t 2 ]]; then line_seconds=1; fi
started=$SECONDS
next_line=$((SECONDS + line_seconds))
show_progress() {
  local elapsed=$((SECONDS - started)) left=unavailable
  ((SECONDS >= next_line)) || return 0
  next_line=$((SECONDS + line_seconds))
  if ((deleted > 0 && expired >= deleted)); then left="about $(((expired - deleted) * elapsed / deleted)) s"; fi
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
  printf 'Removed %s of %s rows, time left: %s' "$deleted" "$expired" "$left" >&2
  if [[ ! -t 2 ]]; then printf '\n' >&2; fi
}
end_progress() {
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

stopped_by=
trap 'stopped_by=signal' INT TERM

# stop_if_asked ENDED: stops on a signal, or if the run has been ended by POST /flow/quota/cleanup/stop.
stop_if_asked() {
  if [[ "$1" == 1 ]]; then stopped_by=request; fi
  [[ -n "$stopped_by" ]] || return 0
  end_progress
  case "$stopped_by" in
    signal) printf 'Stopped after %s rows; the next run continues, or the timer of the app\n' "$deleted" ;;
    request) printf 'Stopped by a request after %s rows; the next run removes the rest\n' "$deleted" ;;
  esac
  exit 4
}
run_ended="SELECT completed_at IS NOT NULL FROM quota_cleanup_runs WHERE id = $run_id"

deleted=0
record() {
  deleted=$((deleted + $1))
  sql "UPDATE quota_cleanup_runs SET deleted_count = deleted_count + $1 WHERE id = $run_id;"
}

partitions="$(expired_partitions)"
for partition in $partitions; do
  rows="$(sql "SELECT COUNT(*) FROM token_quota_logs PARTITION ($partition);
               ALTER TABLE token_quota_logs DROP PARTITION $partition;")"
  record "$rows"
  end_progress
  printf 'Dropped partition %s with %s rows\n' "$partition" "$rows"
  show_progress
  stop_if_asked "$(sql "$run_ended;")"
done

while true; do
  answer="$(sql "START TRANSACTION;
               DELETE FROM token_quota_logs WHERE created_at < '$cutoff' ORDER BY created_at LIMIT $batch_size;
               SET @rows = ROW_COUNT();
               UPDATE quota_cleanup_runs SET deleted_count = deleted_count + @rows WHERE id = $run_id;
               COMMIT;
               SELECT @rows, ($run_ended);")"
  read -r rows ended <<<"$answer"
  deleted=$((deleted + rows))
  ((rows == batch_size)) || break
  show_progress
  stop_if_asked "$ended"
  sleep 0.05 || true
done

end_progress
sql "UPDATE quota_cleanup_runs SET completed_at = UTC_TIMESTAMP(3) WHERE completed_at IS NULL;"
printf 'Removed %s rows made before %s UTC (retention %s days)\n' "$deleted" "$cutoff" "$retention_days"
