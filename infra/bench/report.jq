# The results of a run, as JSON (bench.sh hands it over), into lines of tables; cells are parted by " | ".

def seconds: . * 10 | round / 10;
def ms: if . == null then "-" elif . < 10 then (. * 10 | round / 10) else round end;
def row: map(if . == null then "-" else tostring end) | "| " + join(" | ") + " |";
def rule: map("---") | "| " + join(" | ") + " |";
def held($value; $holds): if $value == null then "-" elif $holds then "held" else "MISSED" end;
def hundredths: . * 100 | round / 100;
def ratio($a; $b): if $a and $b then ($a / $b | hundredths) else null end;
# Of the calls/s of two in each round, from the lowest to the highest; told as its middle and its ends.
def ratios($rounds; $a; $b; $tokens):
  [$rounds | map(select(.tokens == $tokens and .order != "zipf")) | group_by(.round)[] | (map({ (.id): .calls_per_second }) | add)
    | select(.[$a] and .[$b]) | .[$a] / .[$b]] | sort;
def ratios($rounds; $a; $b): ratios($rounds; $a; $b; "one");
def cpu: ([.cpu_seconds.app, .cpu_seconds.redis, .cpu_seconds.mariadb] | map(. // 0) | add) / .calls;
# Of the CPU of a call with many tokens and with one, in each round.
def cost_ratios($rounds; $id):
  [$rounds | map(select(.id == $id and .order != "zipf")) | group_by(.round)[] | (map({ (.tokens): cpu }) | add)
    | select(.many and .one) | .many / .one] | sort;
# null of a run that was stopped before there was one.
def middle: if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread: if length == 0 then "-" else "\(middle | hundredths) (\(first | hundredths) to \(last | hundredths))" end;

. as $all
| (reduce .runs[] as $run ({}; .[$run.id] = $run)) as $by
| (reduce .figures[] as $figure ({}; .[$figure.id] = $figure.value)) as $figures
| [$by[] | select(.books != null)] as $metered
| "\(.machine.started_at), \(.machine.cores) cores (\(.machine.cpu)), \(.machine.memory_gb) GB, shared by everything below and the load generator",
  "\(.machine.versions | join(", "))",
  "Each run \(.machine.run_seconds) s after \(.machine.warm_seconds) s of warming up, a \(.machine.floor_seconds) s; b to e also in \(.machine.rounds) rounds of \(.machine.round_seconds) s each, in turn; \(.machine.connections) connections, one token.",
  "",
  ( ["", "Run", "calls/s", "P50 ms", "P95 ms", "P99 ms", "errors", "CPU s: app", "redis", "mariadb", "wrk", "CPU µs a call", "peak MB", "drained after s", "audit lag ms P50/P99", "sync lag ms P50/P99", "rows = calls"] | row, rule ),
  ( .runs[] | [
      .id, .name, .calls_per_second, (.p50_ms | ms), (.p95_ms | ms), (.p99_ms | ms), .errors,
      (.cpu_seconds.app // "-"), .cpu_seconds.redis, (if .books then .cpu_seconds.mariadb else "-" end), (.cpu_seconds.wrk // "-"),
      (if .cpu_seconds.app then ([.cpu_seconds[]] | add) / .calls * 1e6 | round else "-" end), (.peak_mb // "-"),
      (if .drained_seconds then (.drained_seconds | seconds) else "-" end),
      (if .lag then "\(.lag.audit.p50)/\(.lag.audit.p99)" else "-" end),
      (if .lag then "\(.lag.sync.p50)/\(.lag.sync.p99)" else "-" end),
      (if .books == null then "-" elif .books.balance then "yes, \(.books.rows)"
       else "NO: \(.books.rows) rows, \(.books.calls) calls, \(.books.taken) taken" end)
    ] | row ),
  "",
  ( ["Figure", "Measured", "Promised", ""] | row, rule ),
  ( [
      [ "execute, calls/s (e)", $by.e.calls_per_second, "> 8000", held($by.e.calls_per_second; $by.e.calls_per_second > 8000) ],
      [ "P95 at that rate, ms (e)", ($by.e.p95_ms | ms), "< 20", held($by.e.p95_ms; $by.e.p95_ms < 20) ],
      ( ratio($by.g.calls_per_second; $by.b.calls_per_second) as $r
        | [ "check and deduct alone, of the bare endpoint, neither drained (g/b)", $r, ">= 0.8", held($r; $r >= 0.8) ] ),
      ( ratios(.rounds; "d"; "b")
        | [ "the same with the drains at work beside it, in turn (d/b)", spread, ">= 0.8", held(middle; middle >= 0.8) ] ),
      ( ratios(.rounds; "d"; "c")
        | [ "consume with the drains at work, of the peer in Node, in turn (d/c)", spread, "> 1", held(middle; middle > 1) ] ),
      ( ratios(.rounds; "d"; "c"; "many")
        | [ "the same with many tokens at random", spread, ">= 1", held(middle; middle >= 1) ] ),
      ( ratios(.rounds; "d"; "b"; "many")
        | [ "consume of the bare endpoint, both with many tokens (d/b)", spread, "", "" ] ),
      ( cost_ratios(.rounds; "d")
        | [ "CPU of a consume with many tokens, of one token's", spread, "<= 1.5", held(middle; middle <= 1.5) ] ),
      ( cost_ratios(.rounds; "e")
        | [ "CPU of an execute with many tokens, of one token's", spread, "<= 1.5", held(middle; middle <= 1.5) ] ),
      ( ([$metered[] | select(.lag) | .lag.audit.p99] | max) as $lag
        | [ "a change has its row in SQL, worst P99, ms", $lag, "< 2000", held($lag; $lag < 2000) ] ),
      ( ([$metered[] | select(.lag) | .lag.sync.p99] | max) as $lag
        | [ "a token has its quota in SQL, worst P99, ms", $lag, "< 5000", held($lag; $lag < 5000) ] ),
      ( ([$metered[] | select(.lag) | .drained_seconds] | max) as $drained
        | [ "nothing pending after the load, worst, s", (if $drained then $drained | seconds else "-" end), "< 5", held($drained; $drained < 5) ] ),
      [ "rows = calls = total - remaining, all runs", (if $metered == [] then "-" elif [$metered[].books.balance] | all then "yes" else "NO" end), "yes",
        (if $metered == [] then "-" else held(true; [$metered[].books.balance] | all) end) ],
      ( ([$metered[] | select(.lag) | .peak_mb] | max) as $peak
        | [ "memory of the app under load, peak MB", $peak, "< 300", held($peak; $peak < 300) ] ),
      ( $all.figures[] | [ "\(.what), \(.unit)", .value,
          (if .id == "cleanup" then "> 30000" else "" end), (if .id == "cleanup" then held(.value; .value > 30000) else "" end) ] ),
      ( $all.costs[] | [ "Redis for \(.call): scripts / commands in them", "\(.scripts) / \(.commands) (\(.names))", "", "" ],
          [ "events in the outbox for \(.call): number / bytes", "\(.events) / \(.event_bytes)", "", "" ] ),
      ( $all.row | select(. != null) | [ "a log row in SQL, bytes: data / indexes", "\(.data_bytes) / \(.index_bytes)", "", "" ] )
    ][] | row ),
  "",
  ( ["", "tokens", "calls/s", "P95 ms", "CPU µs a call: app", "redis", "mariadb", "rows written a call: access_tokens", "token_quota_logs", "Redis commands a call", "bytes a call: in", "out", "log"] | row, rule ),
  ( .rounds | group_by([.id, .tokens, .order])[]
    | (map(.calls) | add) as $calls | (map(.changes | select(. != null))) as $changes
    | (def part($name): if .[0].cpu_seconds[$name] then (map(.cpu_seconds[$name]) | add / $calls * 1e6 | round) else "-" end;
       def change($name): if $changes == [] then "-" else ($changes | map(.[$name]) | add / length | . * 100 | round / 100) end;
       [ .[0].id, "\(.[0].tokens)\(if .[0].order == "turn" then "" else ", " + .[0].order end)", ($calls / (map(.seconds) | add) | round), (map(.p95_ms) | max | ms),
         part("app"), part("redis"), (if $changes == [] then "-" else part("mariadb") end),
         change("access_tokens"), change("token_quota_logs"), change("commands"), change("total_net_input_bytes"), change("total_net_output_bytes"), change("aof_current_size") ])
    | row ),
  ( if .matrix == [] then empty else
    "",
    ( ["execute, by tokens", "connections", "calls/s", "P50 ms", "P95 ms", "P99 ms", "errors", "drained after s"] | row, rule ),
    ( .matrix[] | [ .tokens, .connections, .calls_per_second, (.p50_ms | ms), (.p95_ms | ms), (.p99_ms | ms), .errors, (.drained_seconds | seconds) ] | row )
    end )
