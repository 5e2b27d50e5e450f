#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The main job: real, unmodified programs on two hosts of berth's talk over berth's own TCP and
# UDP, without root, and the table shows who is connected to whom. Every step is verified; exit 0 only if
# each one was.
#
# usage: main_job.sh BUILD_DIR
set -u
build=$(cd "${1:?usage: main_job.sh BUILD_DIR}" && pwd)
berth=$build/berth
work=$(mktemp -d "${TMPDIR:-/tmp}/berth-main-job.XXXXXX")
export BERTH_DIR=$work/run
started=()
steps=0

finish() {
	local code=$?
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	"$berth" down --all >/dev/null 2>&1
	rm -rf "$work"
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
verified() { steps=$((steps + 1)); printf '   ok: %s\n' "$*"; }
# Run a command again until it succeeds, for at most five seconds.
wait_for() {
	local tries
	for tries in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}
show() { sed 's/^/   /' "$1" | cut -c1-200; }

say "Two computers on one simulated cable, no root"
"$berth" up web --addr 10.0.0.1/24 --addr fd00::1/64 --link sim:lan || fail "berth up web"
"$berth" up desk --addr 10.0.0.2/24 --addr fd00::2/64 --link sim:lan || fail "berth up desk"
"$berth" hosts >"$work/hosts" || fail "berth hosts"
show "$work/hosts"
[ "$(grep -c 'sim:lan' "$work/hosts")" = 2 ] || fail "two hosts expected"
web_mac=$(awk '$1 == "web" {print $2}' "$work/hosts")
verified "hosts web and desk, each with MAC and IP addresses"

say "python3's http.server takes port 80 of web: a well-known port, as an ordinary user"
mkdir "$work/www"
echo '<h1>Hello from berth</h1>' >"$work/www/index.html"
head -c 10000000 /dev/urandom >"$work/www/ten.bin"
"$berth" run --host web /usr/bin/python3 -u -m http.server 80 --directory "$work/www" \
	>"$work/server.log" 2>&1 &
server=$!
started+=("$server")
wait_for sh -c "\"$berth\" netstat -l --host web --port 80 | grep -q LISTENING" ||
	fail "the server does not listen: $(cat "$work/server.log")"
verified "PID $server listens"

say "The handshake, as it happens: trace on, then curl from desk"
"$berth" trace --sequence --port 80 desk >"$work/sequence" 2>"$work/sequence.err" &
trace=$!
started+=("$trace")
sleep 0.3
"$berth" run --host desk curl -sS --max-time 20 http://10.0.0.1/ >"$work/page" ||
	fail "curl: exit $?"
grep -q 'Hello from berth' "$work/page" || fail "another page came"
show "$work/page"
verified "unmodified curl fetched the page"
sleep 0.3
kill "$trace" 2>/dev/null
wait "$trace" 2>/dev/null
show "$work/sequence"
for words in 'SYN  ' 'SYN, ACK' 'FIN'; do
	grep -q "$words" "$work/sequence" || fail "no $words in the diagram"
done
verified "open, confirm, data, and a proper end"

say "10 MB, compared byte for byte"
"$berth" run --host desk curl -sS --max-time 60 -o "$work/ten.copy" http://10.0.0.1/ten.bin ||
	fail "curl: exit $?"
sum=$(sha256sum <"$work/www/ten.bin")
[ "$sum" = "$(sha256sum <"$work/ten.copy")" ] || fail "the copy differs"
printf '   sha256 %.32s…\n' "$sum"
verified "10,000,000 bytes arrived as they were sent"
"$berth" run --host desk /usr/bin/python3 -c '
import socket
socket.create_connection(("fd00::1", 80), 10)' 2>"$work/refused"
# http.server listens on IPv4 only here: over IPv6 the answer is a RST.
grep -q 'ConnectionRefusedError' "$work/refused" || fail "no refusal: $(cat "$work/refused")"
verified "where nobody listens, the connection is refused at once"

say "UDP between two programs: thrown, not confirmed"
"$berth" run --host web socat -u UDP-RECVFROM:9999 CREATE:"$work/datagram" &
receiver=$!
started+=("$receiver")
wait_for sh -c "\"$berth\" netstat -u --host web --port 9999 | grep -q 9999" ||
	fail "socat does not hold UDP port 9999"
echo 'a datagram, thrown and forgotten' |
	"$berth" run --host desk socat -u - UDP-SENDTO:10.0.0.1:9999 || fail "socat sending"
wait_for grep -q 'thrown and forgotten' "$work/datagram" || fail "the datagram did not arrive"
show "$work/datagram"
verified "socat to socat over UDP"

say "One port, one holder: a second server wants port 80"
"$berth" run --host web /usr/bin/python3 -m http.server 80 >"$work/second.log" 2>&1 &&
	fail "two programs hold one port"
grep -o 'OSError.*' "$work/second.log" | sed 's/^/   /'
grep -q 'Address already in use' "$work/second.log" || fail "another error was expected"
"$berth" port 80 >"$work/port" || fail "berth port 80"
show "$work/port"
grep -q "PID $server" "$work/port" || fail "the holder is not named"
verified "refused, and the holder is named"

say "Who talks to whom, while it happens: berth netstat -ano"
"$berth" run --host desk /usr/bin/python3 -c '
import socket, time
link = socket.create_connection(("10.0.0.1", 80), 10)
print("connected", flush=True)
time.sleep(20)' >"$work/client.log" 2>&1 &
client=$!
started+=("$client")
wait_for grep -q connected "$work/client.log" || fail "the client: $(cat "$work/client.log")"
"$berth" netstat -ano --footer >"$work/table" 2>&1 || fail "berth netstat"
show "$work/table"
grep -Eq "10\.0\.0\.1:80 .*LISTENING +$server |0\.0\.0\.0:80 .*LISTENING +$server " "$work/table" ||
	fail "the listener's PID"
grep -Eq "10\.0\.0\.2:[0-9]+ +10\.0\.0\.1:80 +ESTABLISHED +$client .*python3" "$work/table" ||
	fail "the client's PID and program"
grep -Eq "10\.0\.0\.1:80 +10\.0\.0\.2:[0-9]+ +ESTABLISHED +$server .*python3" "$work/table" ||
	fail "the server's PID and program"
grep -q "$web_mac" "$work/table" || fail "the MAC of the next hop"
verified "both ends with PID and program; MAC, IP and port shown"

printf '\n%d steps verified\n' "$steps"
