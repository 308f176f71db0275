#!/usr/bin/env bash
# Chromium and a Chinese font for the browser tests, Postfix for those of mail, what checks the files of operation: installed when missing and when we may.
set -euo pipefail

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing+=(fonts-noto-cjk)
[ -x /usr/sbin/postfix ] || missing+=(postfix)
[ -x /usr/sbin/nginx ] || missing+=(nginx-light)
[ -x /usr/bin/systemd-analyze ] || missing+=(systemd)
[ ${#missing[@]} -gt 0 ] || exit 0

say() { printf '\n*** %s\n\n' "$*" >&2; }

if ! command -v apt-get >/dev/null; then
    reason='this machine has no apt-get'
elif [ "$(id -u)" = 0 ]; then
    become=()
elif sudo -n true 2>/dev/null; then
    become=(sudo -n)
else
    reason='we are neither root nor have sudo without a password'
fi

if [ -z "${reason:-}" ]; then
    echo "Installing ${missing[*]} for the tests" >&2
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if { "${become[@]}" apt-get update &&
        "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        exit 0
    fi
    tail -n 20 "$log" >&2
    reason='apt-get failed'
fi

if [ "${CI:-}" = true ]; then
    say "The tests need ${missing[*]}, and $reason."
    exit 1
fi
say "THE TESTS IN THE BROWSER, WITH POSTFIX, AND OF NGINX'S AND SYSTEMD'S FILES, ARE SKIPPED: they need ${missing[*]}, and $reason. Install it: apt-get install ${missing[*]}"
